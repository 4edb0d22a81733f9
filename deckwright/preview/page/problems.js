// The problems of the deck: in the list below, and at the card they belong to.
import { $, make } from "./dom.js";

/** What a problem's place and its text lead to: set by the page. */
export const actions = { edit: null, go: null };

/** The list of problems, which is made only where it is open; of thousands the first. */
export function showProblems(all) {
  const shown = $("problems").open ? all.slice(0, 500) : [];
  $("problem-list").replaceChildren(...shown.map(problemItem));
}

function problemItem(problem) {
  const edit = (event) => {
    event.preventDefault();
    actions.edit(problem);
  };
  const where = `${problem.path}:${problem.line}:${problem.column}`;
  const place = make("a", { className: "place", href: problem.edit || "#", onclick: edit }, where);
  const go = problem.note ? () => actions.go(problem.note) : null;
  const text = make(go ? "button" : "span", { onclick: go }, `${problem.message} (${problem.rule})`);
  return make("li", { className: problem.severity }, place, " ", text);
}

/** Show the problems of the open note above its card. */
export function showNoteProblems(mine) {
  const box = $("about");
  const text = JSON.stringify(mine);
  if (box.dataset.shown === text) return; // a screen reader hears of what changed alone
  box.dataset.shown = text;
  box.replaceChildren(...(mine.length ? [make("ul", {}, ...mine.map(problemItem))] : []));
}
