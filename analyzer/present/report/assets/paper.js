// What paper has instead of the table: the gravest connections, a few of each verdict.

const ON_PAPER = 40;
const OF_A_KIND = 8; // connections with the same verdict

function onPaper() {
  const seen = new Map();
  const rows = [];
  for (let row = 0; row < flows.count && rows.length < ON_PAPER; row++) {
    const verdict = value("verdict", row);
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    if (seen.get(verdict) <= OF_A_KIND) rows.push(row);
  }
  return rows;
}

function paper() {
  const rows = onPaper();
  const left = report.flows_of - rows.length;
  return el("section", { class: "paper", "aria-hidden": "true" },
    el("h2", {}, report.sorted ? "Connections" : "The gravest connections of each verdict"),
    rows.map((row) => el("article", {},
      el("p", {}, el("b", {}, String(value("flow", row)), " "), verdictName(value("verdict", row), attention(row)), `  ${endsOf(row).join(" → ")}`,
        el("span", { class: "faint" }, `  ${facts(row)}`)),
      drawnLane(row, 0, captureOf(row).end_us),
      el("p", {}, told(value("reason", row), startOf(row))))),
    left > 0 ? el("p", {}, `… and ${counted(left, "connection")} more.`) : null);
}
