/** Sizes in words. */
export const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
export const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`;
