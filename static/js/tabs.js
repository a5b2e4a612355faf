// The project's tabs where they are wider than the screen: the one that is open comes into view.

const bar = document.querySelector(".tabs");
const current = bar?.querySelector("[aria-current]");
if (current) {
  const room = bar.clientWidth - current.offsetWidth;
  bar.scrollLeft = current.offsetLeft - bar.offsetLeft - room / 2;
}
