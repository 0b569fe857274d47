// Elements without markup: whatever a capture says becomes text, never tags.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; strings become text. on: {event: listener}. */
function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function button(text, click, attributes = {}) {
  return el("button", { type: "button", ...attributes, on: { click } }, text);
}

function byId(id) {
  return document.getElementById(id);
}

/** Say something to those who hear the page. */
function say(text) {
  byId("said").textContent = text;
}

/** A choice of a few, as buttons of which one is pressed. choices: [value, label]. */
function switchOf(label, choices, current, chosen) {
  const buttons = choices.map(([value, text]) =>
    button(text, () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each.value === value));
      chosen(value);
    }, { value, "aria-pressed": String(value === current) }));
  return el("div", { class: "switch", role: "group", "aria-label": label }, buttons);
}
