// What scripts add: a file may be dropped on the form. Everything else works without them.
"use strict";
for (const form of document.querySelectorAll("form.drop")) {
  const input = form.querySelector("input[type=file]");
  const mark = (on) => (event) => {
    event.preventDefault();
    form.classList.toggle("over", on);
  };
  form.addEventListener("dragover", mark(true));
  form.addEventListener("dragleave", mark(false));
  form.addEventListener("drop", (event) => {
    mark(false)(event);
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files;
    }
  });
}
