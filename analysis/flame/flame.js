"use strict";
(function () {
  var svg = document.currentScript.closest("svg");
  var frames = Array.from(svg.querySelectorAll(".flame-frame"));
  var detail = svg.querySelector(".flame-detail");
  var margin = Number(svg.dataset.margin), letter = Number(svg.dataset.letter);
  var room = svg.viewBox.baseVal.width - 2 * margin;
  var found = null;

  frames.forEach(function (frame) {
    frame.start = Number(frame.dataset.start);
    frame.end = frame.start + Number(frame.dataset.width);
    frame.depth = Number(frame.dataset.depth);
    frame.words = frame.querySelector("title").textContent;
  });
  var root = frames[0];

  function holds(outer, inner) {
    return outer.depth <= inner.depth && outer.start <= inner.start && inner.end <= outer.end;
  }

  function fitted(label, width) {
    var letters = Math.floor((width - 6) / letter);
    if (letters >= label.length) return label;
    return letters >= 4 ? label.slice(0, letters - 1) + "…" : "";
  }

  function place(frame, from, to) {
    var scale = room / (to - from);
    var left = Math.max(frame.start, from), right = Math.min(frame.end, to);
    var x = margin + (left - from) * scale, width = (right - left) * scale;
    var box = frame.querySelector("rect"), text = frame.querySelector("text");
    box.setAttribute("x", x.toFixed(2));
    box.setAttribute("width", width.toFixed(2));
    text.setAttribute("x", (x + 3).toFixed(2));
    text.textContent = fitted(frame.dataset.label, width);
  }

  function zoom(to) {
    frames.forEach(function (frame) {
      var above = frame !== to && holds(frame, to);
      var shown = above || holds(to, frame);
      frame.classList.toggle("flame-above", above);
      frame.classList.toggle("flame-away", !shown);
      if (shown) place(frame, to.start, to.end);
    });
  }

  function say() {
    detail.textContent = found || "";
  }

  function search(wanted) {
    var sum = 0, until = 0, number = 0;
    frames.forEach(function (frame) { frame.classList.remove("flame-found"); });
    frames.filter(function (frame) {
      return wanted && frame.dataset.name.toLowerCase().includes(wanted.toLowerCase());
    }).sort(function (a, b) {
      return a.start - b.start || b.end - a.end;
    }).forEach(function (frame) {
      frame.classList.add("flame-found");
      number += 1;
      sum += Math.max(0, frame.end - Math.max(frame.start, until));
      until = Math.max(until, frame.end);
    });
    found = wanted && number + " found: " + (100 * sum / (root.end - root.start)).toFixed(1) + " % of the width";
    say();
  }

  function shown(frame) {
    return !frame.classList.contains("flame-away");
  }

  function next(frame, key) {
    if (key === "ArrowUp")
      return frames.find(function (other) { return other.depth === frame.depth + 1 && holds(frame, other) && shown(other); });
    if (key === "ArrowDown")
      return frames.find(function (other) { return other.depth === frame.depth - 1 && holds(other, frame); });
    var level = frames.filter(function (other) { return other.depth === frame.depth && shown(other); });
    level.sort(function (a, b) { return a.start - b.start; });
    return level[level.indexOf(frame) + (key === "ArrowRight" ? 1 : -1)];
  }

  function move(frame) {
    frames.forEach(function (other) { other.setAttribute("tabindex", other === frame ? "0" : "-1"); });
    frame.focus();
  }

  function frame_of(event) {
    return event.target.closest && event.target.closest(".flame-frame");
  }

  function box_for_search() {
    var place = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
    var input = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
    [["x", svg.viewBox.baseVal.width - margin - 240], ["y", 5], ["width", 240], ["height", 21]].forEach(function (pair) {
      place.setAttribute(pair[0], pair[1]);
    });
    input.setAttribute("type", "search");
    input.setAttribute("class", "flame-search");
    input.setAttribute("placeholder", "Search ( / ), click to zoom");
    input.setAttribute("aria-label", "Search functions");
    input.addEventListener("input", function () { search(input.value); });
    place.appendChild(input);
    svg.appendChild(place);
    return input;
  }

  var input = box_for_search();
  svg.addEventListener("click", function (event) {
    var frame = frame_of(event);
    if (frame) { zoom(frame); move(frame); }
  });
  ["mouseover", "focusin"].forEach(function (kind) {
    svg.addEventListener(kind, function (event) {
      var frame = frame_of(event);
      if (frame) detail.textContent = frame.words; else say();
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && event.target.localName !== "input") { input.focus(); event.preventDefault(); }
  });
  svg.addEventListener("keydown", function (event) {
    var frame = frame_of(event);
    if (event.key === "Escape") { input.value = ""; search(""); zoom(root); move(frame && shown(frame) ? frame : root); }
    if (!frame) return;
    if (event.key === "Enter" || event.key === " ") { zoom(frame); event.preventDefault(); }
    if (event.key.indexOf("Arrow") === 0) { var to = next(frame, event.key); if (to) move(to); event.preventDefault(); }
  });
})();
