/** Avid's own columns first; those behind are kept by Avid as the artist's, and bring a timeline back as it was. */
export const COLUMNS = [
  ...['Name', 'Tracks', 'Start', 'End', 'Tape', 'Source File', 'FPS', 'Comments'],
  ...['Timeline In', 'Timeline Frames', 'Timeline Rate'],
];
