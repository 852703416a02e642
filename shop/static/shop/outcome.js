/* Asks again, quietly, what became of an order, and shows the page anew only when the answer has changed: nothing moves under
   somebody who is reading. Without script the page reloads by itself (a meta element inside noscript). */
(function () {
  "use strict";
  var page = document.querySelector("[data-state][data-refresh]");
  if (!page || !window.fetch) return;
  setInterval(function () {
    if (document.hidden) return;
    fetch(location.href, { credentials: "same-origin", cache: "no-store" }).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (html) {
      var fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector("[data-state]");
      if (fresh && fresh.getAttribute("data-state") !== page.getAttribute("data-state")) location.reload();
    }).catch(function () { /* Offline for a moment: ask again at the next turn. */ });
  }, Number(page.getAttribute("data-refresh")) * 1000);
})();
