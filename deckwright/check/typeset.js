// Compiles formulas with MathJax as Anki configures it; no browser, no DOM.
// In: {"mathjax": folder of the npm package, "notes": [[{"tex": …, "display": …}, …], …]} on stdin.
// Out: the same lists, each formula as {"error": message or "", "ex": width}.
"use strict";
const path = require("path");
const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const mathjax = require(path.join(job.mathjax, "es5", "node-main.js"));

const DEFINES = /\\(?:(?:re|provide)?newcommand|def|let|DeclareMathOperator|newenvironment)(?![A-Za-z])/;
const REFUSED = new Error("refused");

mathjax
  .init({
    loader: { load: ["adaptors/liteDOM", "input/tex-full", "output/svg"] },
    tex: {
      processEscapes: false,
      // Anki's packages without the two that hide errors: here an error must be seen.
      packages: { "[-]": ["noerrors", "noundefined", "textmacros", "bussproofs"] },
      formatError: (_, error) => {
        throw Object.assign(REFUSED, { message: error.message });
      },
    },
    svg: { fontCache: "none" },
    startup: { typeset: false },
  })
  .then((MathJax) => {
    const compile = ({ tex, display }) => {
      try {
        const node = MathJax.tex2svg(tex, { display, em: 16, ex: 8, containerWidth: 8000 });
        const width = MathJax.startup.adaptor.getAttribute(MathJax.startup.adaptor.firstChild(node), "width");
        return { error: "", ex: width.endsWith("ex") ? parseFloat(width) : 0 };
      } catch (error) {
        return { error: error.message, ex: 0 };
      }
    };
    const results = job.notes.map((formulas) => {
      const result = formulas.map(compile);
      // A macro holds in its own note alone: MathJax is begun anew after a note that defines one.
      if (formulas.some(({ tex }) => DEFINES.test(tex))) MathJax.startup.getComponents();
      return result;
    });
    process.stdout.write(JSON.stringify(results));
  })
  .catch((error) => {
    process.stderr.write(String(error.message || error));
    process.exit(1);
  });
