/** By what a machine is told from another, and from itself with another graphics driver: files and words that cost no process. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { join } from 'node:path';

const DRIVERS = ['nvidia', 'amdgpu', 'i915', 'xe', 'nouveau', 'radeon', 'asahi', 'msm', 'panfrost'];
/** Where Vulkan's loader finds drivers (Khronos, LoaderDriverInterface). */
const VULKAN = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const VULKAN_WORDS = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'CUDA_VISIBLE_DEVICES'];

/** sha256 hex; the same as long as processor, graphics cards and their drivers are. */
export function machineDigest(): string {
  const facts = [
    ...[platform(), arch(), release(), cpus()[0]?.model ?? '', `${availableParallelism()}`],
    ...VULKAN_WORDS.map((word) => process.env[word] ?? ''),
    ...graphics(),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** macOS brings its drivers itself, so its release says them. */
function graphics(): string[] {
  if (process.platform === 'win32') {
    // Every driver that is installed gets a folder of its own in there.
    return [
      changed(join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'DriverStore', 'FileRepository')),
    ];
  }
  if (process.platform !== 'linux') return [];
  const cards = namesIn('/sys/class/drm').filter((name) => /^card\d+$/.test(name));
  return [
    ...cards.map((card) => text(`/sys/class/drm/${card}/device/uevent`)),
    ...DRIVERS.map((driver) => text(`/sys/module/${driver}/version`)),
    text('/proc/driver/nvidia/version'),
    ...VULKAN.flatMap((folder) => [
      changed(folder),
      ...namesIn(folder).map((name) => changed(join(folder, name))),
    ]),
  ];
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function changed(path: string): string {
  try {
    return `${path} ${statSync(path).mtimeMs}`;
  } catch {
    return '';
  }
}
