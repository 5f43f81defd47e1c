// Draws the charts of the response times from what stands in their data-chart, with uPlot. Everything they
// show is in the table below each; without this script there are the tables.
(() => {
  "use strict";
  const source = document.currentScript.dataset.uplot;
  const vietnamese = document.documentElement.lang === "vi";
  const height = 260;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "currentColor";

  // An axis of time has one unit, that of how far it goes, so that its steps are whole: no 1.5 minutes.
  const units = [
    { of: 1, upTo: 120, name: vietnamese ? "giây" : "s" }, { of: 60, upTo: 7200, name: vietnamese ? "phút" : "min" },
    { of: 3600, upTo: 172800, name: vietnamese ? "giờ" : "h" }, { of: 86400, upTo: Infinity, name: vietnamese ? "ngày" : "d" },
  ];
  const inUnit = (s, unit) => String(Math.round(s / unit.of * 10) / 10).replace(".", vietnamese ? "," : ".") + " " + unit.name;

  // steps of an axis of time: those that a clock has.
  const seconds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000];
  const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];

  const options = (chart, width) => {
    const ink = colour("--ink"), line = colour("--line"), danger = colour("--danger");
    const time = chart.unit === "s";
    let most = chart.target || 0;
    for (const s of chart.series) {
      if (s.kind !== "missed") for (const v of s.values) most = Math.max(most, v || 0);
    }
    most = most > 0 ? most * 1.1 : 1;
    const unit = units.find((u) => most < u.upTo);
    const short = chart.short || chart.labels;
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif" };
    const series = [{ label: chart.words[2], value: (_, i) => (i === null ? "" : chart.labels[i]) }];
    const data = [chart.labels.map((_, i) => i)];
    // What was not reached stands behind the rest: it fills its column.
    for (const s of [...chart.series].sort((a, b) => (b.kind === "missed") - (a.kind === "missed"))) {
      const missed = s.kind === "missed";
      if (missed && !s.values.some((v) => v !== null)) continue;
      const stroke = missed ? danger : colour("--chart-" + s.color);
      const one = {
        label: s.name, stroke, width: 2,
        value: (_, v, __, i) => {
          if (i === null || i === undefined) return "";
          if (missed) return v === null ? "" : "✕";
          return s.texts ? s.texts[i] : v === null ? "" : String(v);
        },
      };
      if (s.kind === "line") {
        one.points = { show: true, size: 7, fill: stroke };
        if (s.color === 2) one.dash = [6, 4]; // not told apart by colour alone
      } else {
        one.paths = uPlot.paths.bars({ size: [0.7, 56] });
        one.points = { show: false };
        one.fill = missed ? colour("--danger-soft") : stroke;
        one.width = missed ? 1 : 0;
        if (missed) one.dash = [3, 3];
      }
      series.push(one);
      data.push(missed ? s.values.map((v) => (v === null ? null : most)) : s.values);
    }
    if (chart.target) {
      series.push({ label: chart.words[0], stroke: danger, width: 1, dash: [2, 4], points: { show: false }, value: () => chart.words[1] });
      data.push(chart.labels.map(() => chart.target));
    }
    // A single column has no line: what stands for all of it would be a dot.
    const longest = Math.max(...short.flatMap((s) => s.split("\n")).map((s) => s.length));
    const room = Math.max(1, Math.floor((width - 70) / (longest * 7 + 8)));
    const every = Math.ceil(short.length / room);
    return [{
      width, height, series,
      scales: { x: { time: false, range: () => [-0.6, chart.labels.length - 0.4] }, y: { range: () => [0, most] } },
      axes: [
        { ...axis, grid: { show: false }, splits: () => short.map((_, i) => i).filter((i) => i % every === 0), values: (_, at) => at.map((i) => short[i]) },
        { ...axis, size: 66, incrs: time ? seconds.filter((s) => unit.of === 1 || s >= unit.of) : counts, values: (_, at) => at.map((v) => (time ? inUnit(v, unit) : String(v))) },
      ],
      cursor: { drag: { x: false, y: false }, y: false },
      select: { show: false },
    }, data];
  };

  const show = (at) => {
    const chart = JSON.parse(at.dataset.chart);
    let plot = null, width = 0;
    const draw = () => {
      width = at.clientWidth || at.parentElement.clientWidth;
      if (plot) plot.destroy();
      const [o, data] = options(chart, width);
      plot = new uPlot(o, data, at);
    };
    // The page may be as wide as before for all that its height has changed.
    new ResizeObserver(() => {
      if (at.clientWidth && Math.abs(at.clientWidth - width) > 1) draw();
    }).observe(at.parentElement);
    for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) matchMedia(query).addEventListener("change", draw);
    draw();
  };

  // Each is drawn when a reader comes near it, or prints, and uPlot is fetched for the first: all of it at once holds a
  // slow telephone up for a second, whose owner may have come for the figures at the top.
  let uplot = null;
  const fetched = () => uplot ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  const begin = async (at) => {
    near.unobserve(at);
    if (typeof uPlot === "undefined") await fetched();
    if (!at.firstChild) show(at);
  };
  const near = new IntersectionObserver((met) => {
    for (const one of met) {
      if (one.isIntersecting) begin(one.target).catch(() => {}); // without it there are the tables
    }
  }, { rootMargin: "600px" });
  const charts = document.querySelectorAll("[data-chart]");
  for (const at of charts) near.observe(at);
  addEventListener("beforeprint", () => {
    for (const at of charts) begin(at).catch(() => {});
  });
})();
