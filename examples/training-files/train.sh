#!/bin/bash
#SBATCH --nodes=16
#SBATCH --gpus-per-node=8
#SBATCH --job-name=llama-13b

SIZE=${1:-13b}
case $SIZE in
  7b)  SHAPE="--num-layers 32 --hidden-size 4096 --ffn-hidden-size 11008 --num-attention-heads 32" ;;
  13b) SHAPE="--num-layers 40 --hidden-size 5120 --ffn-hidden-size 13824 --num-attention-heads 40" ;;
esac

MODEL=(
  $SHAPE
  --seq-length 4096
  --max-position-embeddings 4096
  --position-embedding-type rope
  --normalization RMSNorm
  --swiglu
  --disable-bias-linear
  --untie-embeddings-and-output-weights
  --attention-dropout 0.0
  --hidden-dropout 0.0
  --tokenizer-type Llama2Tokenizer
)
PARALLEL=(
  --tensor-model-parallel-size 4
  --pipeline-model-parallel-size 2
  --sequence-parallel
  --use-distributed-optimizer
  --overlap-grad-reduce
  --overlap-param-gather
  --tp-comm-overlap
)
TRAIN=(
  --micro-batch-size 1
  --global-batch-size 512
  --bf16
  --train-iters 250000
  --lr 3e-4
  --use-sharp
)

srun torchrun --nnodes $SLURM_NNODES --nproc_per_node 8 pretrain_gpt.py \
  "${MODEL[@]}" "${PARALLEL[@]}" "${TRAIN[@]}" --data-path "$DATA" --save "$CHECKPOINTS"
