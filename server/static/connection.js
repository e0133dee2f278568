// Says when what the page shows has grown old, because the server does not answer any more.
(() => {
  "use strict";
  let answered = new Date();
  const banner = () => document.getElementById("connection");
  const lost = () => {
    banner().textContent =
      "The server does not answer. What you see is from " + answered.toLocaleTimeString() + ".";
    banner().hidden = false;
  };
  document.addEventListener("htmx:afterOnLoad", () => {
    answered = new Date();
    banner().hidden = true;
  });
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, lost);
  }
})();
