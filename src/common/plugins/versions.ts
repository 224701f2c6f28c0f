/** Versions as plugins write them (semver 2.0). */
import semver from 'semver';

/** Whole and plain: what is added behind a plus makes two builds one version. */
export function isVersion(text: string): boolean {
  return semver.valid(text) === text;
}

export function isRange(text: string): boolean {
  return semver.validRange(text) !== null;
}

/** Whether a version is in a range; one that is on its way to a release counts as that release. */
export function isWithin(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}

/** Below 0 where the first is older. */
export function compareVersions(one: string, other: string): number {
  return semver.compare(one, other);
}
