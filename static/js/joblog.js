// The end of a running job's log is kept in sight while its reader follows it.

const follow = document.getElementById("follow");

function toTheEnd() {
  if (follow?.checked) document.getElementById("log-lines").lastElementChild?.scrollIntoView({ block: "nearest" });
}

if (follow) {
  follow.closest("label").hidden = false;
  follow.addEventListener("change", toTheEnd);
  document.addEventListener("htmx:afterSwap", toTheEnd);
  toTheEnd();
}
