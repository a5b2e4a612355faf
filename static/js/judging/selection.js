// What is selected in a text, in UTF-16 units from its start; marks inside the text do not count.

/** Return [start, end) of the part of the selection that lies in `root`, or null. */
export function selectedIn(root) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(root)) return null;
  if (!root.contains(range.startContainer)) range.setStart(root, 0);
  if (!root.contains(range.endContainer)) range.setEnd(root, root.childNodes.length);
  const before = document.createRange();
  before.selectNodeContents(root);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  return [start, start + range.toString().length];
}

/** Select [start, end) of the text in `root`; returns the range. */
export function select(root, [start, end]) {
  const [from, to] = [place(root, start), place(root, end)];
  getSelection().setBaseAndExtent(...from, ...to);
  return getSelection().getRangeAt(0);
}

function place(root, offset) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let left = offset;
  let node = root;
  for (let next = texts.nextNode(); next; next = texts.nextNode()) {
    node = next;
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return [node, node === root ? 0 : node.length];
}
