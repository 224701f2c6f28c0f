/**
 * How every ffmpeg here opens what it reads: one ordinary file in a format that carries its own pictures. Playlists and manifests
 * (HLS, DASH, concat, IMF, SDP, …) make ffmpeg open whatever they name, on this disk or on the network, so none is let in. Pure.
 */
import type { ClipInfo, Rational } from '../../../common/media.ts';
import { isStill } from '../../../common/sequence.ts';
import { formatRational } from '../../../common/time/rational.ts';

/** ffmpeg's demuxers that read one file only. Names that a version does not know do no harm. */
const SELF_CONTAINED = [
  // Movies of cameras, editing programs and the web.
  'mov,matroska,avi,mxf,mxf_opatom,gxf,asf,asf_o,flv,live_flv,ogg,nut,rm,ivf,ivr,wtv,swf,nsv,nuv,dv,lxf,r3d,cine',
  // Broadcast and disc streams.
  'mpegts,mpegtsraw,mpeg,mpegvideo,pva,ty,mgsts',
  // Bare streams of one codec.
  'h261,h263,h264,hevc,vvc,evc,av1,obu,m4v,vc1,vc1test,dirac,dnxhd,cavsvideo,avs2,avs3,mjpeg,mjpeg_2000,yuv4mpegpipe',
  // Animations and films of older programs.
  'gif,apng,jpegxl_anim,flic,film_cpk,filmstrip,rpl,smk,vivo,dhav,mv',
  // Stills.
  'bmp_pipe,cri_pipe,dds_pipe,dpx_pipe,exr_pipe,gif_pipe,hdr_pipe,j2k_pipe,jpeg_pipe,jpegls_pipe,jpegxl_pipe,pam_pipe,pbm_pipe',
  'pcx_pipe,pfm_pipe,pgm_pipe,pgmyuv_pipe,phm_pipe,photocd_pipe,pictor_pipe,png_pipe,ppm_pipe,psd_pipe,qdraw_pipe,qoi_pipe',
  'sgi_pipe,sunrast_pipe,tiff_pipe,vbn_pipe,webp_pipe,xbm_pipe,xpm_pipe,xwd_pipe',
  // Sound, so that a file without a picture is told as such.
  'wav,w64,aiff,au,caf,mp3,aac,ac3,eac3,flac,amr,dts,dtshd,truehd,wv,ape,tta',
].join(',');

/** Of ffmpeg's demuxers, those that only tell where other files are. */
export const LISTS_OF_FILES: ReadonlySet<string> = new Set(
  'concat,concatf,dash,hls,imf,image2,rtp,rtsp,sap,sdp,webm_dash_manifest,avisynth,vapoursynth,vobsub,bluray,dvdvideo,mlv'.split(
    ',',
  ),
);

/** One file as itself: no other protocol, whatever its name or something inside it says. */
export function inputFile(path: string): string[] {
  // To the reader of sequences a percent sign in a name stands for numbers, unless it is told otherwise.
  const single = path.includes('%') ? ['-f', 'image2', '-pattern_type', 'none'] : [];
  return [
    ...['-protocol_whitelist', 'file'],
    ...['-format_whitelist', isStill(path) ? `${SELF_CONTAINED},image2` : SELF_CONTAINED],
    ...(isStill(path) ? single : []),
    ...['-i', `file:${path}`],
  ];
}

/** What makes up a clip: one file, or the numbered pictures of one run and no others. */
export type Source = Pick<ClipInfo, 'path' | 'sequence'>;

export function inputSource({ path, sequence }: Source): string[] {
  if (sequence === null) return inputFile(path);
  const { first, rate, before, after, digits } = sequence;
  const folder = path.slice(0, path.length - (before.length + digits + after.length));
  // A percent sign of a name is written twice, or it would be a number.
  const plain = (text: string) => text.replaceAll('%', '%%');
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', 'image2', '-f', 'image2'],
    ...['-pattern_type', 'sequence', '-start_number', String(first), '-start_number_range', '1'],
    ...['-framerate', formatRational(rate)],
    ...['-i', `file:${plain(folder + before)}%0${digits}d${plain(after)}`],
  ];
}

/** A clip with its picture upright. */
export function inputClip(clip: Source & Pick<ClipInfo, 'asStored'>): string[] {
  return [...(clip.asStored ? ['-noautorotate'] : []), ...inputSource(clip)];
}

/** Samples of 32 bits on stdin, channels beside each other. */
export function inputSamples(sampleRate: number, channels: number): string[] {
  return [
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 's32le'],
    ...['-f', 's32le', '-ar', String(sampleRate), '-ac', String(channels), '-i', 'pipe:0'],
  ];
}

/** Canvases on stdin. */
export function inputCanvases(
  size: { width: number; height: number },
  rate: Rational,
  pixelFormat: 'rgb24' | 'rgb48le' | 'gbrpf32le' | 'gbrap16le' | 'gbrapf32le' = 'rgb48le',
): string[] {
  return [
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 'rawvideo'],
    ...['-f', 'rawvideo', '-pix_fmt', pixelFormat, '-video_size', `${size.width}x${size.height}`],
    ...['-framerate', formatRational(rate), '-i', 'pipe:0'],
  ];
}

/** A list of chapters that Retake wrote itself. */
export function inputChapters(path: string): string[] {
  const only = ['-protocol_whitelist', 'file', '-format_whitelist', 'ffmetadata'];
  return [...only, '-f', 'ffmetadata', '-i', `file:${path}`];
}
