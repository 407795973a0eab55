// The pane beside the lanes, and the arrow keys. No markup characters in this file: the page is XML as well.
"use strict";
(function () {
  const pane = document.getElementById("pane");
  const marks = Array.from(document.querySelectorAll(".mark"));
  marks.sort((one, other) => one.dataset.e - other.dataset.e);
  const add = (name, kind, text) => {
    const element = document.createElement(name);
    element.className = kind;
    element.textContent = text;
    pane.append(element);
  };

  // A document on lines of its own: only white space is put in, nothing is taken for anything else.
  const spread = (text) => {
    if (!/^[[{]/.test(text)) return text;
    let depth = 0;
    return text.replace(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[{]|[\]}]|,\s*|:\s*|\s+/g, (part) => {
      const line = () => "\n" + "  ".repeat(depth);
      if (part[0] === '"' || /^[[{]\s*[\]}]$/.test(part)) return part;
      if (part === "{" || part === "[") { depth += 1; return part + line(); }
      if (part === "}" || part === "]") { depth = Math.max(0, depth - 1); return line() + part; }
      if (part[0] === ",") return "," + line();
      return part[0] === ":" ? ": " : "";
    });
  };

  let lit = [];
  const show = (entry) => {
    const row = document.getElementById("e" + entry);
    if (!row || pane.dataset.shown === entry) return;
    pane.dataset.shown = entry;
    lit.forEach((it) => it.classList.remove("on"));
    lit = Array.from(document.querySelectorAll('#lanes [data-e="' + entry + '"]')).concat(row);
    lit.forEach((it) => it.classList.add("on"));
    pane.replaceChildren();
    const cells = row.cells;
    add("p", "where", "#" + cells[0].textContent + "  t=" + cells[1].textContent + "  " + cells[2].textContent);
    add("p", "what", document.getElementById("l" + entry).textContent);
    row.querySelectorAll(".note").forEach((it) => add("p", "note", it.textContent));
    row.querySelectorAll("details, .same").forEach((it) => {
      const source = it.dataset.d ? document.getElementById("d" + it.dataset.d) : it;
      const name = it.querySelector("summary");
      add("h4", "", name ? name.textContent : it.textContent);
      const text = source.querySelector("pre");
      if (text) add("pre", "", spread(text.textContent));
    });
  };

  const told = (event) => {
    const part = event.target.closest("#lanes [data-e], .failures [data-e]");
    const row = part ? null : event.target.closest("tbody tr");
    if (part) show(part.dataset.e);
    if (row) show(row.id.slice(1));
  };
  // A page that scrolls under a pointer at rest tells nothing: the pointer has to move.
  let rest = "";
  document.addEventListener("pointermove", (event) => {
    const place = event.screenX + " " + event.screenY;
    if (place !== rest) told(event);
    rest = place;
  });

  // One stop of the tabulator for all marks; from there the arrow keys.
  let stop = marks[0];
  marks.forEach((it) => it.setAttribute("tabindex", it === stop ? "0" : "-1"));
  document.addEventListener("focusin", (event) => {
    told(event);
    if (!marks.includes(event.target)) return;
    stop.setAttribute("tabindex", "-1");
    stop = event.target;
    stop.setAttribute("tabindex", "0");
  });
  document.addEventListener("keydown", (event) => {
    const at = marks.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: marks.length - 1 }[event.key];
    if (at === -1 || !marks[to]) return;
    event.preventDefault();
    marks[to].focus();
    marks[to].scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  pane.classList.add("ready");
  add("p", "where", "Point at a mark, or go from one to the next by the arrow keys: the entry stands here, with its documents.");
  const arrived = () => {
    const entry = /^#[em](\d+)$/.exec(location.hash);
    if (entry) show(entry[1]);
  };
  window.addEventListener("hashchange", arrived);
  arrived();
})();
