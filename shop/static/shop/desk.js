/* The keyboard of the desks. Everything it does can be done without it. */
(function () {
  "use strict";
  function typing(target) {
    return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  }
  function step(by) {
    var rows = Array.prototype.filter.call(document.querySelectorAll("[data-row]"), function (row) { return row.querySelector("a[href]"); });
    if (!rows.length) return;
    var now = rows.findIndex(function (row) { return row.contains(document.activeElement); });
    var next = rows[Math.max(0, Math.min(rows.length - 1, now < 0 ? 0 : now + by))];
    next.querySelector("a[href]").focus();
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    var keys = document.getElementById("keys");
    if (keys && keys.open) return;
    if (event.key === "/") {
      var search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?" && keys && keys.showModal) keys.showModal();
  });
})();
