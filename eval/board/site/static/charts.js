// Draws the plots. plotly is large, so it is fetched only when they come near the screen.
(() => {
  "use strict";
  const board = JSON.parse(document.getElementById("chart-data").textContent);
  const costPlot = document.getElementById("cost-plot");
  const errorPlot = document.getElementById("error-plot");
  const switcher = document.getElementById("cost");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 640px)");
  const SHOWN = 8; // curves at first
  const LINES = 6; // rows without a cost that are drawn as lines
  const SYMBOLS = { submission: "circle", computed: "triangle-up", baseline: "square", trivial: "x", paper: "diamond-open" };
  const COSTS = {
    parameters: { title: "Parameters", missing: "number of parameters" },
    seconds: { title: "Time per sample [s], each on its own machine", missing: "measured time" },
  };
  const CONFIG = {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  };

  // plotly reads a little HTML and templates like %{x} in every text; entities are shown as they are
  const plain = (text) => text.replace(/[&<>{}$]/g, (c) => `&#${c.charCodeAt(0)};`);
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const axis = (title, more) => ({
    title: { text: plain(title), standoff: 12 },
    gridcolor: style("--line"),
    linecolor: style("--line"),
    zeroline: false,
    automargin: true,
    ...more,
  });

  const layout = (xaxis, yaxis, more) => ({
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: style("--font"), size: 13, color: style("--text") },
    margin: { l: 60, r: 16, t: 16, b: 56 },
    hoverlabel: { bgcolor: style("--raised"), font: { color: style("--text") } },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    colorway: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => style(`--curve-${i}`)),
    xaxis,
    yaxis,
    ...more,
  });

  // what a score lacks to 1, where all are near it: differences show on a logarithmic scale
  const LEAST = 1e-12;
  const height = (value) => (board.lack ? Math.max(1 - value, LEAST) : value);
  const above = (row) => (row.high === null ? 0 : Math.abs(height(row.high) - height(row.value)));
  const below = (row) => (row.low === null ? 0 : Math.abs(height(row.value) - height(row.low)));

  const hover = (row) => `${plain(row.name)}<br>${plain(row.text)}`;

  function pointsOf(kind, rows, cost) {
    return {
      type: "scatter",
      mode: "markers",
      name: board.kinds[kind],
      x: rows.map((row) => row[cost]),
      y: rows.map((row) => height(row.value)),
      error_y: {
        array: rows.map(board.lack ? below : above),
        arrayminus: rows.map(board.lack ? above : below),
        symmetric: false,
        thickness: 1,
        width: 3,
      },
      marker: { symbol: SYMBOLS[kind], size: 9, color: style(`--${kind}`) },
      hoverinfo: "text",
      hovertext: rows.map(hover),
    };
  }

  // papers and trivial baselines often have no cost: their score is still what to compare with
  const lineOf = (row) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, y0: height(row.value), y1: height(row.value),
    line: { dash: "dot", width: 1.5, color: style(`--${row.kind}`) },
  });
  const labelOf = (row) => ({
    // plotly wants the logarithm for the place of a text
    xref: "paper", x: 1, y: board.lack ? Math.log10(height(row.value)) : row.value, xanchor: "right", yanchor: "bottom",
    text: plain(row.name), showarrow: false, font: { size: 11, color: style(`--${row.kind}`) },
  });

  function drawCost() {
    const cost = switcher?.querySelector("input:checked").value ?? "parameters";
    const placed = board.rows.filter((row) => row[cost] > 0);
    const without = board.rows.filter((row) => !(row[cost] > 0));
    const lines = without.filter((row) => ["paper", "trivial"].includes(row.kind)).slice(0, LINES);
    const traces = Object.keys(board.kinds)
      .map((kind) => pointsOf(kind, placed.filter((row) => row.kind === kind), cost))
      .filter((trace) => trace.x.length);
    const left = without.length - lines.length;
    document.getElementById("cost-note").textContent =
      (lines.length ? `Dotted: no ${COSTS[cost].missing}, or zero. ` : "") +
      (left ? `Not drawn for that reason: ${left} of ${board.rows.length} rows.` : "");
    window.Plotly.react(costPlot, traces, layout(
      axis(COSTS[cost].title, { type: "log", exponentformat: "power" }),
      board.lack
        ? axis(`1 − ${board.headline.title} (lower is better)`, { type: "log", exponentformat: "power" })
        : axis(`${board.headline.title} (${board.headline.way})`),
      { shapes: lines.map(lineOf), annotations: lines.map(labelOf), showlegend: true },
    ), CONFIG);
  }

  function drawErrors() {
    const rows = board.rows.filter((row) => row.quantiles.length);
    const share = rows[0].quantiles.map((_, i) => i);
    const { lack } = board.error;
    const values = (row) =>
      lack ? row.quantiles.map((q) => Math.max(1 - q, LEAST)).reverse() : row.quantiles;
    const positive = board.error.better === "low" && rows.every((row) => row.quantiles[50] > 0);
    const traces = rows.map((row, i) => ({
      type: "scatter",
      mode: "lines",
      name: plain(row.name),
      x: values(row),
      y: share,
      visible: i < SHOWN ? true : "legendonly",
      line: { width: 2, dash: ["solid", "dash", "dot"][Math.floor(i / 8) % 3] },
      hoverinfo: "text",
      hovertext: share.map((s, k) => `${plain(row.name)}<br>${s} % ≤ ${values(row)[k]}`),
    }));
    const under = { orientation: "v", x: 0, y: -0.25, yanchor: "top", maxheight: 150 };
    window.Plotly.react(errorPlot, traces, layout(
      axis(`${lack ? "1 − " : ""}${board.error.title}`, {
        type: positive || lack ? "log" : "linear", exponentformat: "power",
      }),
      axis("Share of samples [%]", { range: [0, 100] }),
      { showlegend: true, legend: narrow.matches ? under : { x: 1.02, y: 1 } },
    ), CONFIG);
  }

  function draw() {
    drawCost();
    if (errorPlot) drawErrors();
    performance.mark("plots-ready");
    document.documentElement.dataset.plots = "ready";
  }

  let asked = false;
  function load() {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = "assets/plotly.min.js";
    script.onload = () => {
      draw();
      if (switcher) {
        switcher.hidden = false;
        switcher.addEventListener("change", drawCost);
      }
      dark.addEventListener("change", draw);
      narrow.addEventListener("change", draw);
    };
    document.head.append(script);
  }

  const near = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      near.disconnect();
      load();
    }
  }, { rootMargin: "600px" });
  near.observe(costPlot);
  window.addEventListener("beforeprint", load); // paper has no place to scroll to
})();
