// Passkeys: the three ceremonies of WebAuthn, for the forms marked data-passkey.
(function () {
  "use strict";
  var forms = Array.from(document.querySelectorAll("form[data-passkey]"));
  if (!window.PublicKeyCredential || !window.webauthnJSON) {
    document.querySelectorAll("[data-passkey-unknown]").forEach(function (note) { note.hidden = false; });
    return;
  }

  function optionsOf(form) {
    if (form.dataset.options) {
      return Promise.resolve(JSON.parse(document.getElementById(form.dataset.options).textContent));
    }
    return fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      });
  }

  function ceremony(form, data) {
    if (form.dataset.passkey !== "create") return window.webauthnJSON.get(data.request_options);
    var options = data.creation_options, selection = options.publicKey.authenticatorSelection || {};
    // Kept on the device and opened by PIN, finger or face: it can stand for the whole sign-in.
    selection.residentKey = "required";
    selection.requireResidentKey = true;
    selection.userVerification = "required";
    options.publicKey.authenticatorSelection = selection;
    return window.webauthnJSON.create(options);
  }

  forms.forEach(function (form) {
    var failed = form.querySelector("[data-passkey-failed]");
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      failed.hidden = true;
      optionsOf(form).then(function (data) { return ceremony(form, data); }).then(function (credential) {
        form.querySelector("[name=credential]").value = JSON.stringify(credential);
        form.submit();
      }).catch(function () {
        failed.textContent = form.dataset.failed;
        failed.hidden = false;
      });
    });
  });
})();
