// The columns of the table of connections: first those that people want, then all that the outputs have.

const collator = new Intl.Collator("en", { numeric: true });

/** id, label, width in px (0: what is left), cell(row) → text or element, rank(row) → what to sort by. */
const columns = [
  { id: "flow", label: "#", text: "Number of the connection", width: 64, shown: true, number: true, cell: numberCell, rank: (row) => value("flow", row) },
  { id: "verdict", label: "Verdict", text: "What became of it", width: 168, shown: true, cell: (row) => verdictName(value("verdict", row), attention(row)), rank: (row) => gravity(row) },
  { id: "ends", label: "Client → server", text: "Its ends", width: 310, shown: true, cell: (row) => endsOf(row).join(" → "), rank: (row) => endsOf(row).join(" ") },
  { id: "lane", label: "Timeline", text: "What it was doing when", width: 0, shown: true, cell: (row) => drawnLane(row, 0, captureOf(row).end_us), rank: (row) => value("start", row) },
  { id: "lasted", label: "Lasted", text: flows.columns.duration_s.text, width: 96, shown: true, number: true, cell: (row) => duration(value("duration_s", row)), rank: (row) => value("duration_s", row) },
  { id: "answered", label: "Replies", text: "Probes that were answered, of all", width: 88, shown: true, number: true, cell: (row) => value("probes", row) ? `${number(value("replies", row))}/${number(value("probes", row))}` : "", rank: (row) => value("probes", row) || null },
  { id: "found", label: "Findings", text: flows.columns.findings.text, width: 180, shown: true, cell: (row) => value("findings", row), rank: (row) => value("findings", row) || null },
  ...Object.entries(flows.columns).filter(([name]) => !["flow", "verdict", "findings"].includes(name)).map(plainColumn),
];

const gravities = new Map(report.verdicts.map((each, place) => [each.verdict, place]));

function gravity(row) {
  return SEVERITIES.indexOf(attention(row)) * 100 + gravities.get(value("verdict", row));
}

function numberCell(row) {
  const flow = value("flow", row);
  return el("a", { href: `#connection-${flow}`, tabindex: "-1", "aria-label": `Connection ${flow}` }, String(flow));
}

function plainColumn([name, { type, text, unit }]) {
  const number = ["integer", "seconds", "time"].includes(type);
  const width = { integer: 100, seconds: 110, time: 120, category: 120 }[type] ?? 240;
  return {
    id: name, label: name, text: text + (unit && type !== "time" ? ` (${unit})` : ""), width, number, shown: false,
    cell: (row) => plainText(name, row), rank: (row) => value(name, row) === "" ? null : value(name, row),
  };
}

/** A value of the flows table as text. */
function plainText(name, row) {
  const found = value(name, row);
  if (found === null) return "";
  switch (flows.columns[name].type) {
    case "seconds": return duration(found);
    case "time": return timeOf(found, startOf(row));
    case "integer": return /port$|^(flow|stream|capture)$/.test(name) ? String(found) : number(found);
    default: return name === "reason" ? told(found, startOf(row)) : String(found);
  }
}

function compared(one, other) {
  return typeof one === "number" && typeof other === "number" ? one - other : collator.compare(String(one), String(other));
}
