// What is worth telling, the gravest first; many of one kind under one heading.

const SHOWN_AT_FIRST = 3;
const SHOWN_MORE = 25;
const SEVERITIES = ["problem", "warning", "note"];

/** Findings of one name, in the order in which they are told. */
function groupsOfFindings() {
  const groups = new Map();
  for (const finding of report.findings.rows) {
    const key = `${SEVERITIES.indexOf(finding.severity)} ${finding.finding}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(finding);
  }
  return [...groups].sort(([one], [other]) => one[0] - other[0]).map(([, rows]) => rows);
}

function findings(show) {
  const groups = groupsOfFindings();
  const missing = report.findings.cut
    ? el("p", { class: "faint" }, "There is not room for all findings: --json has them, --verdict, --finding and --host choose.") : null;
  return el("section", { id: "findings", "aria-labelledby": "findings-title", tabindex: "-1" },
    el("h2", { id: "findings-title" }, groups.length ? "Findings" : "Nothing was found that needs attention"),
    groups.map((rows) => groupOfFindings(rows, show)), untold(show), missing);
}

/** What there was no room for at all: its name, and how many connections have it. */
function untold(show) {
  const names = new Set(report.findings.rows.map((each) => each.finding));
  return Object.entries(report.findings.totals).filter(([name]) => !names.has(name)).map(([name, count]) =>
    el("section", { class: "finding" }, el("h3", {}, name, el("span", { class: "faint" }, `  ${counted(count, "connection")}`), " ",
      button("Show these connections", () => show(name), { class: "quiet" }))));
}

function groupOfFindings(rows, show) {
  const { finding, severity } = rows[0];
  const connections = report.findings.totals[finding] ?? 0;
  const list = el("ol", { class: "told" });
  const more = button("", () => grow(), { class: "more" });
  const rest = el("p", { class: "rest faint", "aria-hidden": "true" });
  let shown = 0;
  function grow() {
    const until = Math.min(rows.length, shown ? shown + SHOWN_MORE : SHOWN_AT_FIRST);
    const added = rows.slice(shown, until).map((each) => el("li", {}, toldFinding(each)));
    list.append(...added);
    if (shown) added[0].querySelector("a, button")?.focus();
    shown = until;
    more.textContent = `Show ${number(Math.min(SHOWN_MORE, rows.length - shown))} more of ${number(rows.length)}${connections > rows.length && report.findings.cut ? " that are told here" : ""}`;
    rest.textContent = `… and ${number(rows.length - shown)} more.`;
    more.hidden = rest.hidden = shown === rows.length;
  }
  grow();
  const choose = connections > 1 ? button("Show these connections", () => show(finding), { class: "quiet" }) : null;
  return el("section", { class: `finding ${severity}` },
    el("h3", {}, sign(severity), finding,
      connections > 1 ? el("span", { class: "faint" }, `  ${counted(connections, "connection")}`) : null, " ", choose),
    list, more, rest);
}

/** One finding: what it is about, what was seen, how to see it, what to do. */
function toldFinding(finding, inConnection = false) {
  const { start = null, name = "" } = report.captures[finding.capture] ?? {};
  const where = report.captures_of > 1 && !inConnection && name ? el("span", { class: "faint" }, ` in ${name}`) : null;
  const about = inConnection ? null : el("p", { class: "about" }, linksTo(finding), doubt(finding), where);
  return [about,
    el("p", {}, prose(finding.summary, start)),
    finding.advice ? el("p", { class: "advice" }, prose(finding.advice, start)) : null,
    finding.frames.length && !inConnection ? el("p", { class: "evidence" }, "Wireshark: ", toCopy(framesFilter(finding.frames), "filter for the frames of evidence")) : null];
}

const LINKS = 8;

function linksTo(finding) {
  const links = finding.flows.slice(0, LINKS).map((flow) => linkTo(flow, finding.scope === "flow"));
  const more = finding.flows_of - links.length;
  const listed = links.flatMap((link, place) => place ? [", ", link] : [link]);
  if (finding.scope === "flow") return listed;
  if (!links.length) return `about the ${finding.scope}`;
  return [`explains connection${finding.flows_of > 1 ? "s" : ""} `, listed, more > 0 ? ` and ${number(more)} more` : ""];
}

/** A connection's number and, in full, its ends; a link where it is in the page. */
function linkTo(flow, inFull) {
  const row = rowOfFlow.get(flow);
  if (row === undefined) return `connection ${flow}`;
  return el("a", { href: `#connection-${flow}` }, inFull ? `Connection ${flow}: ${endsOf(row).join(" → ")}` : String(flow));
}
