// A button beside a password that is typed once and for good shows what was typed.

for (const input of document.querySelectorAll("input[data-reveal]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.setAttribute("aria-controls", input.id);
  const paint = () => {
    const shown = input.type === "text";
    button.textContent = shown ? "Hide it" : "Show what is typed";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => {
    input.type = input.type === "text" ? "password" : "text";
    paint();
  });
  // Browsers offer to keep what was typed as a password only.
  input.form.addEventListener("submit", () => { input.type = "password"; });
  paint();
  input.after(button);
}
