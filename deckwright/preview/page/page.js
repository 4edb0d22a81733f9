// The preview's page: the list on the left, the card on the right, and the news of every save.
import { $, make, windowOf } from "./dom.js";
import { NoteList } from "./list.js";
import { FRAMES, dress, look, remember } from "./look.js";
import { actions, showNoteProblems, showProblems } from "./problems.js";

const deck = { rows: new Map(), problems: [], changed: new Set() };
const open = { key: "", index: 0, back: false, note: null, typed: "", html: "" };
const list = new NoteList($("list"), (key) => go(key));
let found = null; // keys that the search found; null when nothing is searched for

async function ask(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

// ---- the deck and its list

async function readDeck() {
  const said = await ask("deck");
  const rows = said.rows.map((values) => Object.fromEntries(said.fields.map((name, index) => [name, values[index]])));
  deck.rows = new Map(rows.map((row) => [row.key, row]));
  for (const name of ["name", "opens", "notice"]) deck[name] = said[name];
  $("name").textContent = deck.name;
  tell("");
  if (!deck.isRead) look.follow = said.follows;
  deck.isRead = true;
  showFilters();
  showChecked(said);
  dress();
}

function showChecked({ problems, changed, gone }) {
  deck.problems = problems;
  deck.changed = new Set(changed);
  const counts = new Map();
  for (const problem of problems) if (problem.note) counts.set(problem.note, (counts.get(problem.note) ?? 0) + 1);
  list.marks = { problems: counts, changed: deck.changed };
  const wrong = problems.filter((problem) => problem.severity !== "note").length;
  document.title = (wrong ? `(${wrong}) ` : "") + (deck.name ?? "Preview");
  const count = problems.length === 1 ? "1 problem" : `${problems.length || "No"} problems`;
  if ($("problem-count").textContent !== count) $("problem-count").textContent = count;
  showProblems(deck.problems);
  $("problems").classList.toggle("some", problems.length > 0);
  banner(gone);
  showAbout();
  showList();
}

function showFilters() {
  const rows = [...deck.rows.values()];
  const tags = [...new Set(rows.flatMap((row) => row.tags))].sort();
  fill($("deck-filter"), "all subdecks", [...new Set(rows.map((row) => row.deck))]);
  fill($("kind-filter"), "all kinds", [...new Set(rows.map((row) => row.kind))]);
  fill($("tag-filter"), "all tags", tags);
}

function fill(select, all, values) {
  const chosen = select.value;
  const options = ["", ...values].map((value) => new Option(value.split("::").slice(-1)[0] || all, value));
  select.replaceChildren(...options);
  select.value = values.includes(chosen) ? chosen : "";
}

function showList() {
  const [inDeck, kind, tag] = ["deck-filter", "kind-filter", "tag-filter"].map((id) => $(id).value);
  const [changed, wrong] = [$("changed-filter").checked, $("problem-filter").checked];
  const rows = [...deck.rows.values()].filter(
    (row) =>
      (!found || found.has(row.key)) &&
      (!inDeck || row.deck === inDeck) &&
      (!kind || row.kind === kind) &&
      (!tag || row.tags.includes(tag)) &&
      (!changed || deck.changed.has(row.key)) &&
      (!wrong || list.marks.problems.has(row.key)),
  );
  const all = deck.rows.size;
  $("count").textContent = rows.length === all ? `${all} notes` : `${rows.length} of ${all} notes`;
  list.show(rows);
  list.select(open.key);
  if (!$("overview").hidden) $("overview").contentWindow.overview?.show(rows, look.night);
}

async function search() {
  const words = $("search").value.trim();
  const keys = words ? new Set(await ask(`search?words=${encodeURIComponent(words)}`)) : null;
  if (words !== $("search").value.trim()) return; // more was typed meanwhile
  found = keys;
  showList();
}

function leaveSearch(event) {
  event.preventDefault();
  $("search").value = "";
  $("list").focus();
  search();
}

// ---- the card

const address = () => {
  const [key, index] = location.hash.slice(1).split("/");
  return [decodeURIComponent(key), Number(index || 1) - 1];
};

/** Go to a note: its address changes, and the rest follows from that. */
function go(key, index = 0) {
  if (!key || !deck.rows.has(key)) return;
  closeOverview();
  const hash = `#${encodeURIComponent(key)}${index ? `/${index + 1}` : ""}`;
  if (hash === location.hash) arrive();
  else location.hash = hash;
}

async function arrive() {
  const [key, index] = address();
  if (!deck.rows.has(key)) {
    if (!key && deck.rows.size) go(deck.rows.keys().next().value);
    else if (deck.isRead && key) tell(`there is no note ${key} in the deck`);
    return;
  }
  Object.assign(open, { key, index, back: false, typed: "", html: "" });
  tell("");
  list.select(key);
  await fetchNote();
}

async function fetchNote(keep = false) {
  const key = open.key;
  let note;
  try {
    note = await ask(`note?key=${encodeURIComponent(key)}&typed=${encodeURIComponent(open.typed)}`);
  } catch (error) {
    if (key === open.key) tell(error.message);
    return;
  }
  if (key !== open.key) return;
  open.note = note;
  open.index = Math.min(open.index, Math.max(note.cards.length - 1, 0));
  showAbout();
  await showCard(keep);
}

async function showCard(keep = false) {
  const { note, index, back } = open;
  if (!note) return;
  const card = note.cards[index];
  const html = card ? (back ? card.back : card.front) : `<p class="unshown">${escaped(note.error)}</p>`;
  const client = look.client || FRAMES[look.frame][3];
  const state = { html, css: note.css, ordinal: card?.ordinal ?? 0, client, night: look.night, back };
  const sameAsShown = JSON.stringify(state);
  if (keep && sameAsShown === open.html) return;
  open.html = sameAsShown;
  $("flip").textContent = back ? "Show question" : "Show answer";
  showCards();
  await (await cardFrame()).show({ ...state, keep });
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The card's script; the frame comes after the list, as MathJax takes a moment. */
const cardFrame = async () => (await windowOf($("card"), "card.html")).card;

function showCards() {
  const cards = open.note?.cards ?? [];
  const names = cards.map((card) => (card.template === "cloze" ? `c${card.ordinal + 1}` : card.template));
  $("cards").replaceChildren(...(names.length < 2 ? [] : names.map(cardButton)));
}

function cardButton(name, index) {
  return make("button", { ariaPressed: index === open.index, onclick: () => go(open.key, index) }, name);
}

async function flip() {
  if (!open.note) return;
  const back = !open.back;
  const typed = back ? (await cardFrame()).typed() : open.typed;
  const isNew = typed !== open.typed;
  Object.assign(open, { back, typed });
  await (isNew ? fetchNote() : showCard());
}

function step(by) {
  go(list.near(by));
}

function showAbout() {
  showNoteProblems(deck.problems.filter((problem) => problem.note === open.key));
}

// ---- how it looks

function change(values) {
  Object.assign(look, values);
  remember();
  dress();
  showCard(true);
  if (!$("overview").hidden) showList();
}

const tell = (text) => showText("notice", [deck.notice, text].filter(Boolean).join(" "));
const banner = (text) => showText("banner", text);

function showText(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

async function openOverview() {
  const overview = await windowOf($("overview"), "overview.html");
  swapStage(true);
  showList();
  overview.focus();
}

const closeOverview = () => swapStage(false);

function swapStage(hasOverview) {
  $("overview").hidden = !hasOverview;
  $("stage").hidden = hasOverview;
  $("overview-button").ariaPressed = hasOverview;
}

// ---- the editor

async function edit(place = open.note) {
  if (!place) return;
  if (place.edit) location.href = place.edit;
  else if (deck.opens) {
    const query = new URLSearchParams({ path: place.path, line: place.line, column: place.column ?? 1 });
    await ask(`open?${query}`, { method: "POST" }).catch((error) => tell(error.message));
  }
}

// ---- news of the deck

function listen() {
  const events = new EventSource("events");
  events.onopen = () => {
    banner("");
    readDeck().then(arriveOrStay);
  };
  events.onerror = () => {
    banner("The server has gone. The page goes on as soon as it is there again.");
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
  events.onmessage = (event) => hear(JSON.parse(event.data));
}

async function arriveOrStay() {
  if (open.key && deck.rows.has(open.key)) await fetchNote(true);
  else await arrive();
}

async function hear(news) {
  if (news.checked) showChecked(await ask("checked"));
  if (!("reload" in news)) return;
  if (news.reload) await readDeck();
  for (const row of news.rows ?? []) deck.rows.set(row.key, row);
  if (news.rows) {
    showFilters();
    showList();
  }
  const lost = open.key && !deck.rows.has(open.key);
  if (news.saved && news.saved !== open.key && (look.follow || lost)) go(news.saved);
  else if (lost) tell(`${open.key} is no longer in the deck; here is how it was`);
  else await arriveOrStay();
}

// ---- keys

const KEYS = {
  " ": flip,
  Enter: flip,
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  k: () => step(-1),
  j: () => step(1),
  c: () => go(open.key, (open.index + 1) % Math.max(open.note?.cards.length ?? 1, 1)),
  "/": () => $("search").select(),
  d: () => change({ night: !look.night }),
  1: () => change({ frame: "phone" }),
  2: () => change({ frame: "small" }),
  3: () => change({ frame: "tablet" }),
  4: () => change({ frame: "desktop" }),
  o: () => ($("overview").hidden ? openOverview() : closeOverview()),
  e: () => edit(),
  f: () => change({ follow: !look.follow }),
  "?": () => $("keys").showModal(),
  Escape: closeOverview,
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
  const target = event.target;
  if (target.id === "typeans" && event.key === "Escape") target.blur();
  if (target.id === "typeans" && event.key !== "Enter") return;
  if (target.id === "search") {
    if (event.key === "Escape") leaveSearch(event);
    if (event.key === "Enter" || event.key === "ArrowDown") $("list").focus();
    return;
  }
  const answersItself = target.closest?.("button, a, select, input, summary") && target.id !== "typeans";
  if ([" ", "Enter"].includes(event.key) && answersItself) return;
  if (target.closest?.("select")) return;
  const inList = target.id === "list" && { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const act = inList ? () => step(inList) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

Object.assign(actions, { edit, go });
window.preview = { key, go, tell };

// ---- the beginning

for (const id of ["deck-filter", "kind-filter", "tag-filter", "changed-filter", "problem-filter"]) {
  $(id).addEventListener("change", showList);
}
$("search").addEventListener("input", search);
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("flip").addEventListener("click", flip);
$("frame").addEventListener("change", () => change({ frame: $("frame").value }));
$("client").addEventListener("change", () => change({ client: $("client").value }));
$("night").addEventListener("click", KEYS.d);
$("overview-button").addEventListener("click", KEYS.o);
$("edit").addEventListener("click", KEYS.e);
$("follow").addEventListener("click", KEYS.f);
$("help").addEventListener("click", KEYS["?"]);
$("problems").addEventListener("toggle", () => showProblems(deck.problems));
addEventListener("keydown", key);
addEventListener("hashchange", arrive);
dress();
listen();
