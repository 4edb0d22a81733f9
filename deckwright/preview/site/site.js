// The site's day and night, and its search. Works from disk as well as from a server.
"use strict";

(() => {
  const kept = () => {
    try {
      return localStorage.getItem("night");
    } catch {
      return null;
    }
  };
  const keep = (value) => {
    try {
      localStorage.setItem("night", value);
    } catch {
      // a browser that keeps nothing follows the system
    }
  };
  let night = kept() ? kept() === "yes" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("night", night);

  function dress() {
    document.documentElement.classList.toggle("night", night);
    for (const card of document.querySelectorAll(".card")) card.classList.toggle("nightMode", night);
    document.getElementById("night").setAttribute("aria-pressed", String(night));
  }

  let index;
  /** The index comes as a script, which a page from disk may load where it may not fetch; it is asked for once. */
  function loadIndex(up) {
    index ??= new Promise((loaded) => {
      const script = document.createElement("script");
      script.src = `${up}/search-index.js`;
      script.addEventListener("load", loaded);
      document.head.append(script);
    });
    return index;
  }

  async function search(input, results) {
    const up = document.body.dataset.up;
    await loadIndex(up);
    // What is typed now, not when the index was asked for: a shorter text's search may end after a longer one's.
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    results.hidden = !words.length;
    if (!words.length) return;
    const found = window.searchIndex.filter((entry) => words.every((word) => entry.text.includes(word)));
    results.replaceChildren(
      ...found.slice(0, 50).map((entry) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = `${up}/${entry.page}`;
        link.textContent = entry.question;
        const tags = document.createElement("span");
        tags.className = "tags";
        tags.textContent = ` ${entry.tags}`;
        item.append(link, tags);
        return item;
      }),
    );
    if (!found.length) results.textContent = "–";
  }

  addEventListener("DOMContentLoaded", () => {
    const [input, results] = [document.getElementById("search"), document.getElementById("results")];
    dress();
    document.getElementById("night").addEventListener("click", () => {
      night = !night;
      keep(night ? "yes" : "no");
      dress();
    });
    input.addEventListener("input", () => search(input, results));
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.matches("input")) return;
      event.preventDefault();
      input.select();
    });
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
})();
