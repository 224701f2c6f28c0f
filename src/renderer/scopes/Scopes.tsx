/** Waveform, vectorscope and histogram of the picture under the playhead. */
export function Scopes() {
  return <p className="quiet panel-note">No picture to measure</p>;
}
