// The little that pages do by themselves. Everything else is HTML and htmx.
(function () {
  "use strict";
  var root = document.documentElement;

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-theme-switch]")) {
      var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", next);
      try { localStorage.setItem("theme", next); } catch (e) { /* lasts for this page only */ }
    }
    // On a phone the filters beyond the first are one tap away.
    var toggle = event.target.closest("[data-filter-toggle]");
    if (toggle) toggle.setAttribute("aria-expanded", String(toggle.form.classList.toggle("filter-open")));
    // A click elsewhere closes menus and result panels.
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (!event.target.closest(".finder")) empty("found");
  });

  // Paper is white: a dark page is printed in the light theme.
  var shown = "";
  addEventListener("beforeprint", function () {
    shown = root.getAttribute("data-bs-theme");
    if (shown !== "light") root.setAttribute("data-bs-theme", "light");
  });
  addEventListener("afterprint", function () { if (shown !== "light") root.setAttribute("data-bs-theme", shown); });

  // Steps that do not fit a phone: the one that is open comes into sight, without moving the page.
  document.querySelectorAll(".steps [aria-current]").forEach(function (step) {
    var row = step.closest(".steps"), before = step.getBoundingClientRect().left - row.getBoundingClientRect().left;
    row.scrollLeft += before - (row.clientWidth - step.offsetWidth) / 2;
  });

  function empty(id) {
    var panel = document.getElementById(id);
    if (panel) panel.replaceChildren();
  }

  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest("input, textarea, select, [contenteditable]");
    var finder = document.getElementById("finder");
    if (event.key === "/" && !typing && finder && !shortcutsOff() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      finder.focus();
    }
    if (event.key === "Escape") {
      empty("found");
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (event.target.closest(".finder") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      var links = Array.from(document.querySelectorAll("#found a"));
      if (!links.length) return;
      event.preventDefault();
      var at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      (at < 0 ? finder : links[Math.min(at, links.length - 1)]).focus();
    }
  });

  // --- Shortcuts: / finds, ? lists them, g and a letter opens a page. They can be switched off. --------
  function shortcutsOff() {
    try { return localStorage.getItem("shortcuts") === "off"; } catch (e) { return false; }
  }
  var waiting = null;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || shortcutsOff()) return;
    if (event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) return;
    var sheet = document.getElementById("shortcuts");
    if (event.key === "?" && sheet && !sheet.open) { event.preventDefault(); sheet.showModal(); return; }
    if (waiting) {
      clearTimeout(waiting);
      waiting = null;
      var link = document.querySelector('.side [data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
      if (link) { event.preventDefault(); location.href = link.href; }
    } else if (event.key === "g") {
      waiting = setTimeout(function () { waiting = null; }, 1500);
    }
  });
  document.addEventListener("click", function (event) {
    var sheet = document.getElementById("shortcuts");
    if (sheet && event.target.closest("[data-shortcuts]")) sheet.showModal();
  });
  document.querySelectorAll("[data-shortcuts-on]").forEach(function (box) {
    box.checked = !shortcutsOff();
    box.addEventListener("change", function () {
      try { localStorage.setItem("shortcuts", box.checked ? "on" : "off"); } catch (e) { /* this page only */ }
    });
  });

  // --- What takes longer than a moment says so -------------------------------------------------------
  var soon = null, busy = document.getElementById("busy");
  function begin() {
    clearTimeout(soon);
    soon = setTimeout(function () { busy.hidden = false; soon = setTimeout(end, 30000); }, 500);
  }
  function end() { clearTimeout(soon); busy.hidden = true; }
  document.addEventListener("submit", function (event) { if (!event.defaultPrevented) begin(); });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    var plain = link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!plain || link.origin !== location.origin || link.target || link.hash || link.hasAttribute("download")) return;
    if (/\.(csv|xlsx|pdf|zip|ics)$|\/(pdf|file|bundle|zip|evidence)\/$/.test(link.pathname)) return;
    begin();
  });
  window.addEventListener("pageshow", end);
  document.addEventListener("htmx:beforeRequest", function (event) { if (!event.target.closest("#job")) begin(); });
  document.addEventListener("htmx:afterRequest", end);

  // --- A form that meets an ended session: what was typed comes back after signing in ------------------
  var SLOT = "typed";
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || !form.closest("main") || form.querySelector("[type=password], [type=file]")) return;
    var fields = Array.from(new FormData(form)).filter(function (pair) {
      return pair[0] !== "csrfmiddlewaretoken" && typeof pair[1] === "string";
    });
    try { sessionStorage.setItem(SLOT, JSON.stringify({ page: location.pathname, fields: fields })); } catch (e) { /* too large */ }
  });
  (function restore() {
    var kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(SLOT)); } catch (e) { return; }
    if (!kept || /^\/sign-in\//.test(location.pathname)) return; // still on the way
    try { sessionStorage.removeItem(SLOT); } catch (e) { return; }
    var before = document.referrer ? new URL(document.referrer) : null;
    if (kept.page !== location.pathname || !before || !/^\/sign-in\//.test(before.pathname)) return;
    var put = false;
    kept.fields.forEach(function (pair) {
      document.querySelectorAll("main form[method=post] [name='" + CSS.escape(pair[0]) + "']").forEach(function (field) {
        if (field.type === "hidden") return;
        if (field.type === "checkbox" || field.type === "radio") field.checked = field.checked || field.value === pair[1];
        else field.value = pair[1];
        put = true;
      });
    });
    var box = document.getElementById("messages");
    if (!put || !box) return;
    var notice = document.createElement("div");
    notice.className = "notice";
    notice.setAttribute("role", "status");
    notice.textContent = document.body.dataset.kept;
    box.append(notice);
  })();

  // --- Unit search: a field that asks the server, and chips for what was chosen -------------------
  function results(picker) { return picker.querySelector("[role=listbox]"); }
  function close(picker) {
    var field = picker.querySelector("[data-unit-search]");
    results(picker).hidden = true;
    results(picker).replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }
  function choose(picker, option) {
    var name = picker.dataset.name, id = option.dataset.value, chips = picker.querySelector("[data-chips]");
    var field = picker.querySelector("[data-unit-search]");
    if (!picker.hasAttribute("data-multiple")) chips.replaceChildren();
    var known = Array.from(chips.querySelectorAll("input[type=hidden]")).some(function (i) { return i.value === id; });
    if (!known) {
      var chip = document.createElement("li"), value = document.createElement("input"), text = document.createElement("span");
      chip.className = "chip";
      value.type = "hidden"; value.name = name; value.value = id;
      text.textContent = option.dataset.label;
      chip.append(value, text);
      if (picker.dataset.seats) {
        var seats = document.createElement("input");
        seats.type = "number"; seats.min = 0; seats.name = "seats_" + id;
        seats.className = "chip-seats form-control form-control-sm";
        seats.setAttribute("aria-label", picker.dataset.seats + ": " + option.dataset.label);
        chip.append(seats);
      }
      var remove = document.createElement("button");
      remove.type = "button"; remove.setAttribute("data-remove-chip", ""); remove.textContent = "×";
      remove.setAttribute("aria-label", picker.dataset.remove + ": " + option.dataset.label);
      chip.append(remove);
      chips.append(chip);
    }
    field.value = "";
    close(picker);
    field.focus();
    picker.dispatchEvent(new Event("picked", { bubbles: true }));
  }
  document.addEventListener("click", function (event) {
    var option = event.target.closest("[data-unit-picker] [role=option]");
    if (option) choose(option.closest("[data-unit-picker]"), option);
    var remove = event.target.closest("[data-remove-chip]");
    if (remove) {
      var picker = remove.closest("[data-unit-picker]");
      remove.closest(".chip").remove();
      picker.querySelector("[data-unit-search]").focus();
      picker.dispatchEvent(new Event("picked", { bubbles: true }));
    }
    document.querySelectorAll("[data-unit-picker]").forEach(function (p) { if (!p.contains(event.target)) close(p); });
  });
  document.addEventListener("keydown", function (event) {
    if (!event.target.matches("[data-unit-search]")) return;
    var picker = event.target.closest("[data-unit-picker]");
    var options = Array.from(results(picker).querySelectorAll("[role=option]"));
    var at = options.findIndex(function (o) { return o.getAttribute("aria-selected") === "true"; });
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options.length) return;
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      options.forEach(function (o, i) { o.setAttribute("aria-selected", i === at ? "true" : "false"); });
      options[at].scrollIntoView({ block: "nearest" });
      event.target.setAttribute("aria-activedescendant", options[at].id);
    } else if (event.key === "Enter" && options.length) {
      event.preventDefault();
      choose(picker, options[at < 0 ? 0 : at]);
    } else if (event.key === "Escape") {
      close(picker);
    }
  });
  // The search fields have no name, so that they are not sent with their form: name the text here.
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.target.matches("[data-unit-search]")) event.detail.parameters.append("q", event.target.value);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    var picker = event.target.closest ? event.target.closest("[data-unit-picker]") : null;
    if (!picker) return;
    var has = results(picker).children.length > 0;
    results(picker).hidden = !has;
    picker.querySelector("[data-unit-search]").setAttribute("aria-expanded", has ? "true" : "false");
  });

  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.xhr.status === 403 || event.detail.xhr.status === 401) { location.reload(); return; }
    var box = document.getElementById("messages"), notice = document.createElement("div");
    if (!box) return;
    notice.className = "notice notice-error";
    notice.setAttribute("role", "alert");
    notice.textContent = document.body.dataset.failed;
    box.replaceChildren(notice);
  });
})();
