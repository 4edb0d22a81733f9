// All cards as a grid, of which only those in sight are in the page. The page around it calls `overview.show`.
import { $, make } from "./dom.js";

const [NARROWEST, HEIGHT, GAP] = [300, 260, 12];
const notes = new Map();
let rows = [];
let night = false;

const room = $("room");
const columns = () => Math.max(1, Math.floor((room.clientWidth + GAP) / (NARROWEST + GAP)));

function show(wanted, isNight) {
  [rows, night] = [wanted, isNight];
  notes.clear();
  document.documentElement.className = `linux chrome${night ? " night-mode" : ""}`;
  document.documentElement.dataset.client = "desktop";
  document.body.style.background = night ? "#1c1d1f" : "#eef0f2";
  room.replaceChildren();
  draw();
}

function draw() {
  const across = columns();
  room.style.height = `${Math.ceil(rows.length / across) * (HEIGHT + GAP)}px`;
  const first = Math.max(0, Math.floor(scrollY / (HEIGHT + GAP)) - 1) * across;
  const last = Math.min(rows.length, first + (Math.ceil(innerHeight / (HEIGHT + GAP)) + 3) * across);
  const wanted = new Set(rows.slice(first, last).map((row) => row.key));
  for (const tile of [...room.children]) if (!wanted.has(tile.dataset.key)) tile.remove();
  const there = new Set([...room.children].map((tile) => tile.dataset.key));
  for (let index = first; index < last; index++) {
    if (!there.has(rows[index].key)) room.append(tile(rows[index], index, across));
  }
}

function tile(row, index, across) {
  const go = () => parent.preview.go(row.key);
  const element = make("div", { className: "tile", tabIndex: 0, role: "button", ariaLabel: row.question, onclick: go });
  element.dataset.key = row.key;
  const width = (room.clientWidth + GAP) / across;
  element.style.cssText =
    `left:${(index % across) * width}px;top:${Math.floor(index / across) * (HEIGHT + GAP)}px;` +
    `width:${width - GAP}px;height:${HEIGHT}px`;
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    go();
  });
  fill(element, row.key);
  return element;
}

async function fill(element, key) {
  const note = notes.get(key) ?? (await (await fetch(`note?key=${encodeURIComponent(key)}`)).json());
  notes.set(key, note);
  if ($("style").textContent !== note.css) $("style").textContent = note.css;
  const card = make("div", { className: `card card1${night ? " nightMode night_mode" : ""}` });
  card.innerHTML = note.cards[0]?.back ?? "";
  if (note.error) card.textContent = note.error;
  element.append(card);
  if (note.cards.length > 1) element.append(make("span", { className: "number" }, `${note.cards.length} cards`));
  await window.MathJax.startup?.promise;
  if (element.isConnected) await window.MathJax.typesetPromise?.([card]);
}

addEventListener("scroll", draw, { passive: true });
addEventListener("resize", () => show(rows, night));
window.overview = { show };
