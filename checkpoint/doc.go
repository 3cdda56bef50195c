// Package checkpoint keeps the state of a training run on disk, so that a run
// that is killed at any moment can go on from a state that is whole.
//
// A checkpoint is one file in the safetensors layout (Hugging Face,
// https://github.com/huggingface/safetensors), which any safetensors reader
// opens:
//
//	8 bytes     length of the header, little endian
//	header      JSON: "__metadata__" and, for each tensor, dtype, shape and
//	            data_offsets; padded with spaces to a multiple of 8
//	data        the tensors one after the other, little endian, row major
//
// The "__metadata__" object of strings is the manifest:
//
//	header_sha256   SHA-256 of the header with these 64 digits as zeros
//	data_sha256     SHA-256 of the data
//	format          "maskflow"
//	version         "1"
//	step            optimiser steps taken
//	meta            JSON text for whatever is no tensor
//
// [Save] writes a temporary file beside the target, syncs it, renames it and
// syncs the folder: under its name a checkpoint is whole or absent. [Load]
// verifies all of the file before it returns anything. [Latest] falls back to
// the checkpoint before when the newest is damaged, and [Prune] never removes
// the last one that is whole.
//
// A folder has one writer at a time. A run directory sees to that with its
// lock.
package checkpoint
