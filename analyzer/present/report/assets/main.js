// The page as a whole: its parts, and what follows from what the reader does.

let table;

/** Other words, verdicts or order: list anew. */
function chosen() {
  choose();
  table.all();
  const count = choice.rows.length;
  const status = count === flows.count ? counted(count, "connection") : `${number(count)} of ${counted(flows.count, "connection")}`;
  byId("listed").textContent = status;
  say(status);
}

function search() {
  const field = el("input", {
    type: "search", id: "search", placeholder: "address, port, verdict, finding, state …", autocomplete: "off", spellcheck: "false",
    on: { input: () => { choice.words = field.value; table.scroller.scrollTop = 0; chosen(); } },
  });
  return el("label", { class: "search" }, "Search ", field);
}

/** List the connections with a finding. */
function showFinding(name) {
  choice.words = byId("search").value = name;
  choice.verdicts.clear();
  for (const chip of document.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", "false");
  chosen();
  byId("connections").scrollIntoView();
  byId("search").focus({ preventScroll: true });
}

function sorting() {
  const select = el("select", { on: { change: () => {
    const [id, down] = select.value.split(" ");
    Object.assign(choice, { sort: id || null, descending: Boolean(down) });
    chosen();
  } } }, el("option", { value: "" }, report.sorted ? "as asked for" : "gravest first"),
  columns.filter((column) => column.shown).flatMap((column) => [
    el("option", { value: column.id }, `${column.label} ▲`), el("option", { value: `${column.id} down` }, `${column.label} ▼`)]));
  return el("label", { class: "sorting" }, "Sort ", select);
}

function chooser() {
  const boxes = columns.map((column) => {
    const box = el("input", { type: "checkbox", checked: column.shown, on: { change: () => {
      column.shown = box.checked;
      table.all();
    } } });
    return el("label", { title: column.text }, box, ` ${column.label}`);
  });
  return el("details", { class: "chooser" }, el("summary", {}, "Columns"), el("div", { class: "boxes", role: "group", "aria-label": "Columns" }, boxes));
}

function connections() {
  table = new Table();
  const cut = report.flows_of - flows.count;
  return el("section", { id: "connections", "aria-labelledby": "connections-title", tabindex: "-1" },
    el("h2", { id: "connections-title" }, "Connections"),
    el("div", { class: "tools" }, search(), sorting(), chooser(), el("span", { id: "listed", class: "faint" })),
    el("p", { id: "keys", class: "unseen" }, "Arrow keys, Page Up and Page Down, Home and End go through the rows; Enter opens one."),
    cut > 0 ? el("p", { class: "faint" }, `There is room for ${number(flows.count)} of ${number(report.flows_of)} connections: --verdict, --host, --port and --limit choose.`) : null,
    table.scroller, legend());
}

/** The connection that the address names is open, and no other. */
function route() {
  const named = /^#connection-(\d+)$/.exec(location.hash);
  const row = named ? rowOfFlow.get(Number(named[1])) : undefined;
  if (row !== undefined) opened(row);
  else if (byId("connection").open) byId("connection").close();
}

function closed() {
  if (/^#connection-/.test(location.hash)) history.replaceState(null, "", "#connections");
  const place = choice.rows.indexOf(openRow);
  if (place >= 0 && !byId("findings").contains(opener)) table.go(place);
  else opener?.focus();
}

let opener = null;

function draw() {
  head(() => redraw());
  byId("main").replaceChildren(verdicts(choice, chosen), el("div", { id: "overview" }), findings(showFinding), flows.count ? connections() : "", paper());
  byId("overview").replaceChildren(...[overview()].filter(Boolean));
}

/** Another clock: all sentences anew; what was searched, chosen and sorted stays. */
function redraw() {
  captures();
  byId("overview").replaceChildren(...[overview()].filter(Boolean));
  const fresh = findings(showFinding);
  byId("findings").replaceWith(fresh);
  document.querySelector(".paper").replaceWith(paper());
  if (flows.count) chosen();
}

clock.mode = report.clock;
document.title = report.title;
draw();
if (flows.count) chosen();
document.addEventListener("focusin", (event) => { if (!event.target.closest("dialog")) opener = event.target; });
byId("connection").addEventListener("close", closed);
byId("connection").addEventListener("click", (event) => { if (event.target === event.currentTarget) event.currentTarget.close(); });
addEventListener("hashchange", route);
route();
