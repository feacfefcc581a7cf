// The lists that open while somebody writes: teammates in a note, quick replies in a reply.
import * as canned from "./canned.js";
import * as mentions from "./mentions.js";

export { browse, gap } from "./canned.js";

const of = (field) => (field.id === "body" ? canned : mentions);

export const options = (field) => of(field).options(field);
export const choose = (e, field) => of(field).choose(e, field);
export function close() {
	canned.close();
	mentions.close();
}
