// The table of connections: of however many, only the rows in sight are there.

const SPARE = 8; // rows above and below those in sight
const small = matchMedia("(max-width: 640px)");
const ROW = () => (small.matches ? 88 : 36); // px, as the style has it

class Table {
  constructor() {
    this.active = 0;
    this.body = el("tbody");
    this.heading = el("tr", { "aria-rowindex": "1" });
    this.group = el("colgroup");
    this.table = el("table", { class: "connections", role: "table", "aria-labelledby": "connections-title", "aria-describedby": "keys" },
      this.group, el("thead", {}, this.heading), this.body);
    this.scroller = el("div", { class: "scroller", role: "region", "aria-label": "Table of connections", on: { scroll: () => this.rows() } }, this.table);
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-place]");
      if (row && !event.target.closest("a")) location.hash = row.querySelector("a").hash;
    });
    this.body.addEventListener("focusin", (event) => this.mark(Number(event.target.closest("tr").dataset.place)));
    small.addEventListener("change", () => this.all());
    new ResizeObserver(() => this.rows()).observe(this.scroller);
  }

  get shown() {
    return columns.filter((column) => (small.matches ? ["flow", "verdict", "ends", "lane"].includes(column.id) : column.shown));
  }

  /** Draw anew: other columns, another order, other rows. */
  all() {
    const fixed = this.shown.reduce((sum, column) => sum + (column.width || 240), 0);
    this.table.style.minWidth = small.matches ? "" : `${fixed}px`;
    this.group.replaceChildren(...this.shown.map((column) => {
      const col = el("col");
      if (column.width) col.style.width = `${column.width}px`;
      return col;
    }));
    this.heading.replaceChildren(...this.shown.map((column) => this.header(column)));
    this.table.setAttribute("aria-rowcount", choice.rows.length + 1);
    this.active = Math.min(this.active, Math.max(choice.rows.length - 1, 0));
    this.first = -1;
    this.rows();
  }

  header(column) {
    const sorted = choice.sort === column.id;
    const title = column.id === "lane" ? [sortButton(column, sorted), this.axis()] : sortButton(column, sorted);
    return el("th", {
      scope: "col", class: column.number ? "number" : column.id, title: column.text,
      "aria-sort": sorted ? (choice.descending ? "descending" : "ascending") : null,
    }, title);
  }

  axis() {
    const ends = new Set(report.captures.map((each) => each.end_us));
    if (report.captures.length === 1) return axis(0, report.captures[0].end_us, report.captures[0].start);
    return el("span", { class: "faint" }, ends.size ? " each over its capture" : "");
  }

  /** The rows in sight, between two fillers of the height of the others. */
  rows() {
    const height = ROW(), total = choice.rows.length;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / height) - SPARE);
    const last = Math.min(total, first + Math.ceil(this.scroller.clientHeight / height) + 2 * SPARE);
    if (first === this.first && last === this.last) return;
    const focused = this.body.contains(document.activeElement);
    Object.assign(this, { first, last });
    const drawn = [];
    for (let place = first; place < last; place++) drawn.push(this.row(choice.rows[place], place));
    this.body.replaceChildren(filler(first * height), ...drawn, filler((total - last) * height));
    this.mark(this.active);
    if (focused) this.link(this.active)?.focus({ preventScroll: true });
  }

  row(row, place) {
    return el("tr", { "data-place": place, "aria-rowindex": place + 2, class: place % 2 ? "odd" : "even" },
      this.shown.map((column) => {
        const cell = column.cell(row);
        return el("td", { class: column.number ? "number" : column.id, title: typeof cell === "string" && cell.length > 12 ? cell : null }, cell);
      }));
  }

  link(place) {
    return this.body.querySelector(`tr[data-place="${place}"] a`);
  }

  /** One link of the table is among the stops of the Tab key: the active one, or the first in sight. */
  mark(place) {
    this.active = place;
    for (const link of this.body.querySelectorAll("a[tabindex='0']")) link.tabIndex = -1;
    const stop = this.link(place) ?? this.link(this.first);
    if (stop) stop.tabIndex = 0;
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW()) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.go(this.active + steps[event.key]);
  }

  /** Bring a row into sight and the focus to it. */
  go(place) {
    const height = ROW();
    this.active = Math.min(Math.max(place, 0), choice.rows.length - 1);
    const top = this.active * height, head = this.heading.offsetHeight, seen = this.scroller.clientHeight - head;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + height > this.scroller.scrollTop + seen) this.scroller.scrollTop = top + height - seen;
    this.rows();
    this.mark(this.active);
    this.link(this.active)?.focus({ preventScroll: true });
  }
}

function sortButton(column, sorted) {
  return button(column.label + (sorted ? (choice.descending ? " ▼" : " ▲") : ""), () => {
    sortBy(column.id);
    chosen();
    byId("connections").querySelector(`th button[value="${column.id}"]`)?.focus();
  }, { value: column.id });
}

function filler(height) {
  const row = el("tr", { class: "filler", "aria-hidden": "true" });
  row.style.height = `${height}px`;
  return row;
}
