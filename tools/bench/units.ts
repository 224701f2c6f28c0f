/** Sizes in words, as systems count memory: a GB is 2^30 bytes. */
export const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
export const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`;
