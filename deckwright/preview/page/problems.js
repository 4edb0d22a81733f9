// The problems of the deck: in the list below, and at the card they belong to.
const $ = (id) => document.getElementById(id);

/** What a problem's place and its text lead to: set by the page. */
export const actions = { edit: null, go: null };

/** The list of problems, which is made only where it is open; of thousands the first. */
export function showProblems(all) {
  const shown = $("problems").open ? all.slice(0, 500) : [];
  $("problem-list").replaceChildren(...shown.map(problemItem));
}

function problemItem(problem) {
  const item = document.createElement("li");
  item.className = problem.severity;
  const place = document.createElement("a");
  place.className = "place";
  place.textContent = `${problem.path}:${problem.line}:${problem.column}`;
  place.href = problem.edit || "#";
  place.addEventListener("click", (event) => {
    event.preventDefault();
    actions.edit(problem);
  });
  const text = document.createElement(problem.note ? "button" : "span");
  text.textContent = `${problem.message} (${problem.rule})`;
  if (problem.note) text.addEventListener("click", () => actions.go(problem.note));
  item.append(place, " ", text);
  return item;
}

/** Show the problems of the open note above its card. */
export function showNoteProblems(mine) {
  const items = mine.map(problemItem);
  const box = $("about");
  const text = JSON.stringify(mine);
  if (box.dataset.shown === text) return; // a screen reader hears of what changed alone
  box.dataset.shown = text;
  const problems = document.createElement("ul");
  problems.append(...items);
  box.replaceChildren(...(items.length ? [problems] : []));
}
