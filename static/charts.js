// Draws the charts of a page: each canvas names the JSON that holds its data. Colours come from the theme.
(function () {
  "use strict";
  var drawn = [];

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
  var TONES = { good: "chart-good", warn: "chart-warn", bad: "chart-bad", info: "chart-info", quiet: "quiet" };

  function write(value, unit) {
    var language = document.documentElement.lang;
    if (value === null || value === undefined) return "–";
    if (unit === "share") return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value * 100) + "%";
    return new Intl.NumberFormat(language).format(value);
  }

  // Lines of at most so many letters, broken between words.
  function parted(text, most) {
    return text.split(" ").reduce(function (lines, word) {
      var last = lines[lines.length - 1];
      if (last !== undefined && (last + " " + word).length <= most) lines[lines.length - 1] = last + " " + word;
      else lines.push(word);
      return lines;
    }, []);
  }

  function options(chart) {
    var sideways = chart.kind === "bars", lines = chart.kind === "line" || chart.kind === "curve";
    var grid = { color: colour("line") }, ticks = { color: colour("quiet") };
    var values = {
      beginAtZero: true, grid: grid, border: { display: false },
      ticks: { color: colour("quiet"), maxTicksLimit: 6, callback: function (v) { return write(v, chart.unit); } }
    };
    var names = {
      grid: { display: false }, ticks: Object.assign({ autoSkip: !sideways, maxRotation: 0 }, ticks), stacked: sideways
    };
    if (chart.unit === "share") values.suggestedMax = 0.05; // an axis also where everything is 0
    if (chart.kind === "curve") {
      values.max = 1;
      names.ticks.autoSkip = false;
      names.ticks.callback = function (value, i) { return i % 10 ? null : this.getLabelForValue(value); };
    }
    if (sideways) {
      values.stacked = true;
      names.ticks.callback = function (value) {
        var text = this.getLabelForValue(value), most = this.chart.width < 480 ? 18 : 34;
        var lines = chart.labels.length <= 8 ? parted(text, most) : [text];
        return lines.map(function (line) { return line.length > most ? line.slice(0, most - 1) + "…" : line; });
      };
    }
    return {
      indexAxis: sideways ? "y" : "x", responsive: true, maintainAspectRatio: false, animation: false,
      locale: document.documentElement.lang,
      interaction: { mode: "index", intersect: false, axis: sideways ? "y" : "x" },
      scales: sideways ? { x: values, y: names } : { x: names, y: values },
      elements: { point: { radius: lines && chart.labels.length < 30 ? 3 : 0, hitRadius: 12 } },
      plugins: {
        legend: { display: chart.series.length > 1, position: "bottom", labels: { color: colour("ink"), boxWidth: lines ? 8 : 14, boxHeight: lines ? 8 : 12, usePointStyle: lines } },
        tooltip: { callbacks: { label: function (item) { return item.dataset.label + ": " + write(item.raw, chart.unit); } } }
      },
      onClick: function (event, hits) {
        if (hits.length && chart.urls[hits[0].index]) location.href = chart.urls[hits[0].index];
      },
      onHover: function (event, hits) {
        event.native.target.classList.toggle("pointing", Boolean(hits.length && chart.urls[hits[0].index]));
      }
    };
  }

  function draw(canvas) {
    var source = document.getElementById(canvas.dataset.chart);
    if (!source || canvas.dataset.drawn) return;
    canvas.dataset.drawn = "yes";
    var chart = JSON.parse(source.textContent), lines = chart.kind === "line" || chart.kind === "curve";
    drawn.push(new Chart(canvas, {
      type: lines ? "line" : "bar",
      data: {
        labels: chart.labels,
        datasets: chart.series.map(function (series, i) {
          var tone = colour(TONES[series.tone] || "green");
          return {
            label: series.label, data: series.data, backgroundColor: tone, borderColor: tone,
            borderWidth: lines ? 2.5 : 0, borderRadius: 3, maxBarThickness: 34, tension: 0, spanGaps: true,
            borderDash: series.tone === "quiet" ? [6, 5] : [], pointStyle: ["circle", "rectRot", "triangle"][i % 3]
          };
        })
      },
      options: options(chart)
    }));
  }

  // Only what comes into sight is drawn: a page of eight charts is ready at once also on an old laptop.
  var sight = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) { sight.unobserve(entry.target); draw(entry.target); }
    });
  }, { rootMargin: "150px" });
  function drawAll() {
    document.querySelectorAll("canvas[data-chart]:not([data-drawn])").forEach(function (canvas) { sight.observe(canvas); });
  }
  function redraw() {
    drawn.splice(0).forEach(function (chart) {
      var canvas = chart.canvas;
      chart.destroy();
      if (canvas) delete canvas.dataset.drawn;
    });
    drawAll();
  }

  drawAll();
  document.addEventListener("htmx:afterSettle", drawAll);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  // What was not in sight yet is drawn; the style sheet fits it to the paper.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("canvas[data-chart]").forEach(draw);
  });
  window.addEventListener("afterprint", function () { drawn.forEach(function (chart) { chart.resize(); }); });
})();
