# SPDX-License-Identifier: MIT
# Builds the app with an Axis ACAP Native SDK image; `invoke build` calls it with a context of its own.
# Nothing here needs BuildKit or the network. The unstripped binary stays in debug/,
# and beside it the compiler's version and flags.
ARG SDK_IMAGE
FROM ${SDK_IMAGE}
LABEL batondescribe.build=1
ARG SOURCE_DATE_EPOCH
WORKDIR /opt/app
COPY app/ /opt/app/
RUN . /opt/axis/acapsdk/environment-setup* \
    && make -j"$(nproc)" \
    && mkdir -p debug && cp batondescribe debug/ && $STRIP batondescribe \
    && { $CC --version | head -n 1; echo "$CC $CFLAGS $LDFLAGS"; } > debug/made-by \
    && export SOURCE_DATE_EPOCH && acap-build --build no-build ./
