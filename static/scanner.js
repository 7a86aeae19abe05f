// Reads QR codes with the camera. Each scan gets an id of its own and waits in localStorage until the server
// has answered it, so that a broken line loses nothing and a repeated sending doubles nothing.
(function () {
  "use strict";
  var root = document.querySelector("[data-scanner]");
  if (!root) return;
  var video = root.querySelector("video"), canvas = root.querySelector("canvas");
  var said = root.querySelector(".scanner-said"), list = root.querySelector("[data-scanner-list]");
  var counter = root.querySelector("[data-scanner-count]"), key = "scans-" + root.dataset.queue;
  var memory = [], recent = {}, detector = null, ready = null, sending = false;

  function waiting() {
    try { return JSON.parse(localStorage.getItem(key) || "[]"); } catch (e) { return memory; }
  }
  function keep(scans) {
    memory = scans;
    try { localStorage.setItem(key, JSON.stringify(scans)); } catch (e) { /* kept until the page is closed */ }
    counter.hidden = scans.length === 0;
    counter.textContent = scans.length + " · " + root.dataset.textWaiting;
  }
  function say(text, good) {
    if (said.textContent === text && !good) return; // a screen reader hears once that the line is down
    said.textContent = text;
    said.className = "scanner-said notice " + (good ? "notice-success" : "notice-warning");
  }
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    var b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128;
    var h = Array.from(b, function (x) { return x.toString(16).padStart(2, "0"); }).join("");
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
  }

  function found(code) {
    var now = Date.now();
    if (recent[code] && now - recent[code] < 5000) return; // still before the camera
    recent[code] = now;
    keep(waiting().concat([{ id: uuid(), code: code, at: now }]));
    send();
  }
  function send() {
    var scans = waiting().slice(0, 200);
    if (!scans.length || sending) return;
    sending = true;
    fetch(root.dataset.sendTo, {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": root.dataset.csrf },
      // The age, not the time: the device's clock may be wrong, the difference of its own readings is not.
      body: JSON.stringify({ scans: scans.map(function (s) {
        return { id: s.id, code: s.code, age: Math.max(0, (Date.now() - s.at) / 1000) };
      }) }),
    }).then(function (answer) {
      // Signed out meanwhile: led to the sign-in, or refused.
      if (answer.redirected || answer.status === 403) throw new Error("session");
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    }).then(function (body) {
      var answered = {};
      body.answers.forEach(function (one) {
        answered[one.id] = true;
        var line = document.createElement("li");
        line.textContent = (one.accepted ? "✓ " : "✗ ") + one.text;
        list.prepend(line);
        say(one.text, one.accepted);
      });
      keep(waiting().filter(function (s) { return !answered[s.id]; }));
      sending = false;
      if (waiting().length) send();
    }).catch(function (error) {
      sending = false;
      say(error.message === "session" ? root.dataset.textSession : root.dataset.textKept, false);
    });
  }
  window.addEventListener("online", send);
  setInterval(send, 10000);

  function look() {
    if (video.readyState < 2) { requestAnimationFrame(look); return; }
    if (detector) {
      detector.detect(video).then(function (codes) {
        if (codes.length) found(codes[0].rawValue);
        setTimeout(look, 200);
      }, function () { detector = null; vendored().then(look, look); });
      return;
    }
    if (!window.jsQR) { vendored().then(look, function () { setTimeout(look, 2000); }); return; }
    var width = Math.min(640, video.videoWidth), height = Math.round(width * video.videoHeight / video.videoWidth);
    canvas.width = width; canvas.height = height;
    var pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, width, height);
    var code = window.jsQR(pen.getImageData(0, 0, width, height).data, width, height);
    if (code && code.data) found(code.data);
    setTimeout(look, 200);
  }
  function decoder() {
    if ("BarcodeDetector" in window) {
      return window.BarcodeDetector.getSupportedFormats().then(function (formats) {
        if (formats.indexOf("qr_code") >= 0) detector = new window.BarcodeDetector({ formats: ["qr_code"] });
        return detector ? null : vendored();
      }, vendored);
    }
    return vendored();
  }
  function vendored() {
    if (window.jsQR) return Promise.resolve();
    return new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = root.dataset.decoder;
      script.onload = done; script.onerror = failed;
      document.head.append(script);
    });
  }
  root.querySelector("[data-scanner-start]").addEventListener("click", function () {
    var button = this;
    if (!navigator.mediaDevices) { say(root.dataset.textNoCamera, false); return; }
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      video.srcObject = stream; video.hidden = false; button.hidden = true;
      return Promise.all([video.play(), ready]).then(look);
    }).catch(function () { say(root.dataset.textNoCamera, false); });
  });
  // For devices with a scanner instead of a camera, and for tests.
  root.addEventListener("scanned", function (event) { found(event.detail); });
  keep(waiting());
  send();
  // Now, not when the camera opens: the line may be gone by then. Without it, looking asks again.
  ready = decoder().catch(function () { return null; });
})();
