// The head of the page: what was captured, what is missing, and what became of the connections.

function themeSwitch() {
  return switchOf("Colours", [["", "Auto"], ["light", "Light"], ["dark", "Dark"]], "", (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  });
}

function clockSwitch(changed) {
  const modes = [["relative", "Since start"], ["utc", "UTC"], ["local", "Local"]];
  return switchOf("Times", modes, clock.mode, (mode) => {
    clock.mode = mode;
    changed();
  });
}

function head(changed) {
  byId("head").replaceChildren(
    el("div", { class: "bar" },
      el("h1", {}, report.title),
      el("div", { class: "settings" }, clockSwitch(changed), themeSwitch())),
    el("div", { id: "captures" }),
    el("nav", { "aria-label": "Parts of the report" },
      el("a", { href: "#findings" }, "Findings"), el("a", { href: "#connections" }, "Connections and timelines")));
  captures();
  byId("foot").replaceChildren(
    el("p", {}, `Made by ${report.made_by}. This file asks the network for nothing.`),
    ...(report.anonymous ? [el("p", {}, "Addresses, file names, interface names and comments were replaced or left out; times, ports and sizes are as captured.")] : []));
}

/** What is said of the captures; anew when the clock is another. */
function captures() {
  const shown = report.captures.map(capture);
  const hidden = report.captures_of - shown.length;
  const list = el("ul", { class: "captures" }, shown, hidden > 0 ? el("li", {}, `… and ${counted(hidden, "capture")} more`) : null);
  const many = shown.length > 3;
  byId("captures").replaceChildren(many
    ? el("details", {}, el("summary", {}, counted(report.captures_of, "capture")), list)
    : list);
}

function capture(about) {
  const zero = clock.mode === "relative" ? "time 0 is" : "from";
  const when = about.start ? `${duration(about.end_us / 1e6)}, ${zero} ${fullMoment(about.start)}` : "no frames";
  const from = about.interfaces.length ? ` from ${about.interfaces.slice(0, 3).join(", ")}${about.interfaces.length > 3 ? ", …" : ""}` : "";
  const joined = about.files > 1 ? `, joined of ${number(about.files)} files` : "";
  return el("li", {},
    el("p", {}, el("strong", { title: about.path }, about.name), el("span", { class: "faint" }, `  ${when}`)),
    el("p", {}, `${about.format}${from}${joined}: ${about.counts}`),
    about.skipped ? el("p", { class: "faint" }, about.skipped) : null,
    about.troubles.map((trouble) => el("p", { class: "warning" }, `▲ ${trouble}`)),
    about.comments.map((comment) => el("p", { class: "faint" }, `comment: ${comment}`)));
}

/** How many connections have which verdict, as buttons that choose them. */
function verdicts(choice, changed) {
  const total = report.verdicts.reduce((sum, each) => sum + each.count, 0);
  const bar = el("div", { class: "share", "aria-hidden": "true" }, report.verdicts.map((each) => {
    const part = el("span", { title: `${each.count} ${each.verdict}` });
    part.style.flexGrow = each.count;
    part.style.background = `var(--verdict-${each.verdict})`;
    return part;
  }));
  const buttons = report.verdicts.map((each) => {
    const self = el("button", {
      type: "button", class: "chip", "aria-pressed": "false", on: { click: () => {
        const on = choice.verdicts.has(each.verdict);
        if (on) choice.verdicts.delete(each.verdict);
        else choice.verdicts.add(each.verdict);
        self.setAttribute("aria-pressed", String(!on));
        changed();
      } },
    }, verdictName(each.verdict, each.severity), el("b", {}, number(each.count)));
    self.value = each.verdict;
    return self;
  });
  return el("section", { "aria-labelledby": "verdicts-title" },
    el("h2", { id: "verdicts-title" }, total ? counted(total, report.chosen ? "chosen connection" : "connection") : "No TCP connection"),
    bar, el("div", { class: "chips", role: "group", "aria-label": "Show only connections with these verdicts" }, buttons));
}

/** The sign of its severity, the colour of the verdict, its name. */
function verdictName(verdict, severity) {
  const dot = el("span", { class: "dot", "aria-hidden": "true" });
  dot.style.background = `var(--verdict-${verdict})`;
  return el("span", { class: "verdict" }, dot,
    severity === "note" ? null : sign(severity), verdict);
}

/** Of a severity, which is said to those who do not see it. */
function sign(severity) {
  return [el("span", { class: severity, role: "img", "aria-label": severity }, MARKS[severity]), " "];
}
