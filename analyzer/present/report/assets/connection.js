// One connection: its verdict, what was found, its timeline, its frames, and how to see it in Wireshark.

let openRow = null;

function opened(row) {
  const dialog = byId("connection");
  openRow = row;
  dialog.replaceChildren(...connection(row));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  byId("connection-title").focus();
}

function connection(row) {
  const flow = value("flow", row), start = startOf(row), own = ownFinding(row);
  const story = report.stories.flows[flow];
  const others = (findingsOfFlow.get(flow) ?? []).filter((each) => each !== own);
  const severity = value("severity", row);
  return [
    el("header", { class: "bar" },
      el("h2", { id: "connection-title", tabindex: "-1" }, `Connection ${flow}  `, verdictName(value("verdict", row), severity)),
      el("div", { class: "settings" }, step(row, -1), step(row, 1), button("Close", () => byId("connection").close(), { class: "close" }))),
    el("p", { class: "between" }, endsOf(row).join(" → "), report.captures_of > 1 ? el("span", { class: "faint" }, ` in ${captureOf(row).name}`) : null),
    el("p", { class: "faint" }, facts(row)),
    el("p", { class: `reason ${severity}` }, told(value("reason", row), start), own ? doubt(own) : ""),
    own?.advice ? el("p", { class: "advice" }, prose(own.advice, start)) : null,
    wholeLane(row),
    story ? el("ul", { class: "said" }, story.said.map((each) => el("li", {}, told(each, start)))) : null,
    el("p", {}, `At the end: client ${value("client_state", row)}, server ${value("server_state", row)}.`),
    el("p", {}, "Wireshark: ", toCopy(value("display_filter", row), "Wireshark display filter")),
    others.length ? el("h3", {}, "Findings") : null,
    others.map((each) => el("section", { class: `finding ${each.severity}` },
      el("h4", {}, sign(each.severity), each.finding, doubt(each)),
      toldFinding(each, true))),
    elsewhere(row, others, own),
    el("h3", {}, "Frames"),
    story ? frames(row, story) : el("p", { class: "faint" }, noFrames()),
    story && !report.packets ? el("p", { class: "faint" }, "Data and plain ACKs are left out; Wireshark has them by the filter above.") : null,
    el("details", {}, el("summary", {}, "All columns"), allColumns(row)),
  ].flat().filter(Boolean);
}

function facts(row) {
  const clients = size(value("client_bytes", row)), servers = size(value("server_bytes", row));
  return `${counted(value("frames", row), "frame")} in ${duration(value("duration_s", row))} from ${clock.mode === "relative" ? "time " : ""}${timeOf(value("start", row), startOf(row))}; client sent ${clients}, server ${servers}`;
}

/** What was found about more than this connection, and is told in the list of findings. */
function elsewhere(row, others, own) {
  const here = new Set([...others, own].filter(Boolean).map((each) => each.finding));
  const names = value("findings", row).split(", ").filter((name) => name && !here.has(name));
  return names.length ? el("p", { class: "faint" }, `Not told here: ${names.join(", ")}.`) : null;
}

function noFrames() {
  const { told: there, wanted } = report.stories;
  return there < wanted
    ? `There is room for the frames of ${number(there)} of ${number(wanted)} connections that need attention; Wireshark shows them by the filter above.`
    : "Frames are here for connections that need attention; Wireshark shows these by the filter above.";
}

/** The lane from the connection's first segment on, with an axis of its own. */
function wholeLane(row) {
  const from = value("start", row), last = laneOf(row).spans.at(-1)[2];
  const ends = ["dead", "idle", "probing"].includes(PHASES[Number(flows.tails[row])]);
  const to = ends ? last : value("end", row);
  return el("figure", { class: "whole-lane" },
    drawnLane(row, from, Math.max(to, from + 1), { role: "img", "aria-label": laneWords(row) }),
    axis(from, to, startOf(row)), legend());
}

function allColumns(row) {
  return el("dl", {}, Object.entries(flows.columns).map(([name, { text }]) => {
    const shown = plainText(name, row);
    return shown === "" ? [] : [el("dt", { title: text }, name), el("dd", {}, shown)];
  }));
}

/** To the connection before or behind it in the list. */
function step(row, by) {
  const next = choice.rows[choice.rows.indexOf(row) + by];
  const there = choice.rows.includes(row) && next !== undefined;
  return button(by < 0 ? "Previous" : "Next", () => { location.hash = `#connection-${value("flow", next)}`; }, { disabled: !there });
}
