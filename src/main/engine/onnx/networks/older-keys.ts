/** What older transformers wrote into every configuration inside another: how text would be made, and training. Nothing here reads it. */
export const OLDER_KEYS: readonly string[] = [
  ...['model_type', 'add_cross_attention', 'cross_attention_hidden_size', 'is_decoder', 'is_encoder_decoder'],
  ...['bad_words_ids', 'begin_suppress_tokens', 'suppress_tokens', 'bos_token_id', 'eos_token_id'],
  ...['pad_token_id', 'sep_token_id', 'decoder_start_token_id', 'forced_bos_token_id', 'forced_eos_token_id'],
  ...['diversity_penalty', 'do_sample', 'early_stopping', 'encoder_no_repeat_ngram_size', 'length_penalty'],
  ...['exponential_decay_length_penalty', 'max_length', 'min_length', 'no_repeat_ngram_size', 'num_beams'],
  ...['num_beam_groups', 'num_return_sequences', 'output_scores', 'prefix', 'remove_invalid_values'],
  ...['repetition_penalty', 'return_dict_in_generate', 'temperature', 'top_k', 'top_p', 'typical_p'],
  ...['finetuning_task', 'task_specific_params', 'tf_legacy_loss', 'tie_encoder_decoder', 'tokenizer_class'],
  ...['use_bfloat16', 'drop_path_rate'],
];
