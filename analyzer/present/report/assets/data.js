// The document that the page shows, and its columns.

const report = JSON.parse(byId("data").textContent);
const flows = report.flows;
const MARKS = { problem: "✖", warning: "▲", note: "·" };

/** What stands at a row: in a list, or in words that many rows share. */
function at(values, row) {
  return Array.isArray(values) ? values[row] : values.words[values.codes ? values.codes[row] : 0];
}

/** The value of a column of the flows table. */
function value(name, row) {
  const values = flows.columns[name].values;
  return values.parts ? filterOf(values, row) : at(values, row);
}

/** A display filter: its ends are those of the connection, its frames are numbers. */
function filterOf({ parts, frames }, row) {
  const [first, last] = frames[row].split(" ");
  const said = (name) => ({ first, last })[name] ?? String(value(name, row));
  return first ? at(parts, row).replace(/\{(\w+)\}/g, (_, name) => said(name)) : at(parts, row);
}

function attention(row) {
  return at(flows.attention, row);
}

const rowOfFlow = new Map();
for (let row = 0; row < flows.count; row++) rowOfFlow.set(value("flow", row), row);

function captureOf(row) {
  return report.captures[value("capture", row)] ?? { start: null, end_us: 0, name: "" };
}

function startOf(row) {
  return captureOf(row).start;
}

function endsOf(row) {
  return [endpoint(value("client", row), value("client_port", row)), endpoint(value("server", row), value("server_port", row))];
}

/** Findings about single connections, by number of the connection. */
const findingsOfFlow = new Map();
for (const finding of report.findings.rows) {
  for (const flow of finding.flows) {
    if (!findingsOfFlow.has(flow)) findingsOfFlow.set(flow, []);
    findingsOfFlow.get(flow).push(finding);
  }
}

/** The finding of a connection that says the same as the reason of its verdict. */
function ownFinding(row) {
  const reason = value("reason", row);
  return (findingsOfFlow.get(value("flow", row)) ?? []).find((each) => each.summary === reason);
}

function doubt(finding) {
  return finding.confidence === "certain" ? "" : ` (${finding.confidence})`;
}

function framesFilter(frames) {
  return frames.length === 1 ? `frame.number == ${frames[0]}` : `frame.number in {${frames.join(", ")}}`;
}
