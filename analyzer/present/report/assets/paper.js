// What paper has instead of the table: the gravest connections.

const ON_PAPER = 40;

function paper() {
  const rows = [...Array(Math.min(flows.count, ON_PAPER)).keys()];
  const left = report.flows_of - rows.length;
  return el("section", { class: "paper", "aria-hidden": "true" },
    el("h2", {}, report.sorted ? "Connections" : "Connections, the gravest first"),
    rows.map((row) => el("article", {},
      el("p", {}, el("b", {}, String(value("flow", row)), " "), verdictName(value("verdict", row), attention(row)), `  ${endsOf(row).join(" → ")}`,
        el("span", { class: "faint" }, `  ${facts(row)}`)),
      drawnLane(row, 0, captureOf(row).end_us),
      el("p", {}, told(value("reason", row), startOf(row))))),
    left > 0 ? el("p", {}, `… and ${counted(left, "connection")} more.`) : null);
}
