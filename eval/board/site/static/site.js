// Makes the table that the page already holds sortable and filterable. Cells stay the nodes that the
// browser parsed: no text of theirs is ever read as HTML again.
(() => {
  "use strict";
  const DataTable = window.mesoinvTables.default;

  // DataTables' own style sheet knows dark mode by a class only
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const dress = () => document.documentElement.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", dress);
  dress();

  // missing values (empty) are last in both directions
  const last = (compare) => (a, b) =>
    a === null || b === null ? (a === null) - (b === null) : compare(a, b);
  const addType = (name, read, compare) => {
    const order = DataTable.ext.type.order;
    order[`${name}-pre`] = (text) => (text === "" || text === null ? null : read(text));
    order[`${name}-asc`] = last(compare);
    order[`${name}-desc`] = last((a, b) => compare(b, a));
  };
  addType("board-number", Number, (a, b) => a - b);
  addType("board-text", String, (a, b) => a.localeCompare(b, "en"));

  const element = document.getElementById("board");
  const headings = [...element.querySelectorAll("thead th")];
  const kinds = document.getElementById("kinds");
  kinds.hidden = false;

  const table = new DataTable(element, {
    autoWidth: false,
    order: [], // as the board is: best first, papers where they belong
    // their type is in the page, where DataTables looks first
    columns: headings.map(({ dataset }) => ({
      orderSequence: dataset.first === "desc" ? ["desc", "asc"] : ["asc", "desc"],
    })),
    paging: element.tBodies[0].rows.length > 25,
    pageLength: 25,
    lengthMenu: [25, 100, { label: "all", value: -1 }],
    layout: {
      topStart: "search",
      topEnd: () => kinds,
      bottomStart: "info",
      bottomEnd: ["pageLength", "paging"],
    },
    language: {
      search: "Filter",
      searchPlaceholder: "name, author, licence …",
      info: "_TOTAL_ rows",
      infoEmpty: "no rows",
      infoFiltered: "of _MAX_",
      lengthMenu: "_MENU_ a page",
      zeroRecords: "No row matches the filters.",
    },
  });

  // the page without scripts has every column
  const all = document.getElementById("all-columns");
  const choose = () => element.classList.toggle("few", !all.checked);
  all.addEventListener("change", choose);
  choose();

  const boxes = [...kinds.querySelectorAll("input[value]")];
  kinds.addEventListener("change", () => {
    const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    table.search
      .fixed("kind", (_text, _data, index) => shown.has(table.row(index).node().dataset.kind))
      .draw();
  });

  performance.mark("table-ready");
  document.documentElement.dataset.table = "ready";
})();
