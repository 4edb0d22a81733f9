// A list of ten thousand notes of which only those in sight are in the page.
import { make } from "./dom.js";

const HEIGHT = 44;
const SPARE = 6;

export class NoteList {
  /** `box` is the scrolling element; `choose` is called with the key of a note that was clicked. */
  constructor(box, choose) {
    this.box = box;
    this.items = [];
    this.where = new Map();
    this.selected = "";
    this.marks = { problems: new Map(), changed: new Set() };
    this.room = box.appendChild(make("div", { className: "room", role: "presentation" }));
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-key]");
      if (row) choose(row.dataset.key);
    });
  }

  /** Show these notes, under the names of their subdecks. */
  show(rows) {
    this.rows = rows;
    this.items = [];
    this.where.clear();
    let deck = null;
    for (const row of rows) {
      if (row.deck !== deck) this.items.push({ heading: (deck = row.deck) });
      this.where.set(row.key, this.items.length);
      this.items.push(row);
    }
    this.room.style.height = `${this.items.length * HEIGHT}px`;
    this.draw();
  }

  /** Mark a note as the open one and bring it into sight. */
  select(key) {
    this.selected = key;
    const index = this.where.get(key);
    if (index !== undefined) {
      const top = index * HEIGHT;
      const { scrollTop, clientHeight } = this.box;
      if (top < scrollTop + HEIGHT) this.box.scrollTop = top - HEIGHT;
      else if (top + HEIGHT > scrollTop + clientHeight) this.box.scrollTop = top + 2 * HEIGHT - clientHeight;
    }
    this.draw();
  }

  /** The key of the note `step` places away from the open one, or of the first. */
  near(step) {
    const index = this.rows.findIndex((row) => row.key === this.selected);
    return this.rows[index < 0 ? 0 : index + step]?.key;
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.items.length, first + Math.ceil(this.box.clientHeight / HEIGHT) + 2 * SPARE);
    const shown = [];
    for (let index = first; index < last; index++) shown.push(this.element(this.items[index], index));
    this.room.replaceChildren(...shown);
    const active = this.where.has(this.selected) ? "selected-note" : "";
    if (active && document.getElementById(active)) this.box.setAttribute("aria-activedescendant", active);
    else this.box.removeAttribute("aria-activedescendant");
  }

  element(item, index) {
    const element = item.heading === undefined ? this.note(item) : heading(item.heading);
    element.style.top = `${index * HEIGHT}px`;
    return element;
  }

  note(row) {
    const problems = this.marks.problems.get(row.key) ?? 0;
    const isSelected = row.key === this.selected;
    const element = make(
      "div",
      { className: "note", role: "option", ariaSelected: isSelected, ariaSetSize: this.rows.length },
      make("span", { className: "question" }, row.question),
      make("span", { className: "more" }, [row.key, ...row.tags].join(" · ")),
    );
    element.dataset.key = row.key;
    if (isSelected) element.id = "selected-note";
    if (problems) element.append(mark("problem", `${problems}`, `${problems} problems`));
    if (this.marks.changed.has(row.key)) element.append(mark("changed", "●", "changed since the last build"));
    return element;
  }
}

const heading = (deck) =>
  make("div", { className: "heading", role: "presentation" }, deck.split("::").slice(1).join(" › ") || deck);

const mark = (kind, text, label) => make("span", { className: `mark ${kind}`, title: label, ariaLabel: label }, text);
