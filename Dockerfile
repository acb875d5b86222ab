# An image that runs `bench` without network and without root rights.
#
#   docker build -t gapbench .                                                                   CPU
#   docker build -t gapbench:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu128 .   CUDA
#   docker run --rm --network none --user "$(id -u):$(id -g)" -v "$PWD":/work gapbench run --data /work/scans
#
# Everything is downloaded while the image is built. Weights for machines without a network come with the extra `lite`.
# On a GPU add: --gpus all. Worker processes share memory: --shm-size 2g, or --ipc host.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=page,explain,dashboard,dicom,nifti,heic,lite
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /opt/gapbench
# torch first, in a layer of its own, from the index that decides between CPU and CUDA
RUN /opt/gapbench/bin/pip install --index-url ${TORCH_INDEX} "torch>=2.6,<3" "torchvision>=0.21,<1"
COPY pyproject.toml README.md LICENSE ./
COPY bench ./bench
COPY backbones ./backbones
COPY studies ./studies
COPY reports ./reports
RUN /opt/gapbench/bin/pip install ".[${EXTRAS}]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/gapbench /opt/gapbench
RUN useradd --create-home --uid 1000 bench && mkdir --mode 1777 /cache && mkdir --mode 1777 /work
# Any user may run it (--user), so caches lie where all may write, and home is not asked for
ENV PATH=/opt/gapbench/bin:${PATH} \
    GAPBENCH_CACHE=/cache \
    HOME=/work \
    HF_HUB_OFFLINE=1 \
    PYTHONUTF8=1
VOLUME /cache
WORKDIR /work
USER bench
ENTRYPOINT ["bench"]
CMD ["--help"]
