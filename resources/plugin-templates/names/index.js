// @ts-check
/** A word for the names of exported files: "street_007" for the seventh file, of the shot "Street". */

/** @type {import('./.retake/index').Name} */
const slate = ({ shot, n }) => `${shot.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')}_${n}`;

/** @type {import('./.retake/index').Plugin} */
export default { names: { slate } };
