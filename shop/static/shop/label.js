/* Refreshes the label, the bill and the order button while one types. Without it, the same is done on the server at each step. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-label-url]");
  if (!form || !window.fetch || !window.DOMParser) return;
  var timer, running, countryChanged = false;

  function put(part) {
    var name = part.getAttribute("data-part");
    if (name === "address" && !countryChanged) return;
    document.querySelectorAll('[data-part="' + name + '"]').forEach(function (old) {
      // Never take away the field somebody is typing in.
      if (old.contains(document.activeElement) || old.outerHTML === part.outerHTML) return;
      old.replaceWith(document.importNode(part, true));
    });
  }

  function refresh() {
    if (running) running.abort();
    running = new AbortController();
    fetch(form.getAttribute("data-label-url"), {
      method: "POST", body: new FormData(form), credentials: "same-origin", signal: running.signal
    }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then(function (html) {
      new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-part]").forEach(put);
      countryChanged = false;
    }).catch(function () { /* The label stays as it was; the server draws it again when the form is sent. */ });
  }

  form.addEventListener("input", function (event) {
    if (/country$/.test(event.target.name)) countryChanged = true;
    clearTimeout(timer);
    timer = setTimeout(refresh, 350);
  });
})();
