import "./place.js";
import "./age.js";
import "./template_open.js";

// What a page needs only once somebody attaches, mentions, copies or enlarges, or while somebody waits: a file
// of its own, so that the first load stays small.
export { Upload, accept } from "./upload.js";
export { browse, choose, close, gap, options } from "./lists.js";
export { view } from "./viewer.js";
export { copy } from "./copy.js";
