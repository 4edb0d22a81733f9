// What every part of the page does with elements.

export const $ = (id) => document.getElementById(id);

/** A new element with these properties, and what is in it. */
export function make(tag, properties, ...inside) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
}

/** The window of a frame, which gets its page when it is first asked for. */
export async function windowOf(frame, page) {
  if (!frame.getAttribute("src")) {
    frame.src = page;
    frame.loaded = new Promise((loaded) => frame.addEventListener("load", loaded, { once: true }));
  }
  await frame.loaded;
  return frame.contentWindow;
}
