"""Words that say accelerator without saying which."""

from __future__ import annotations

import pytest

from chipflow.goods.text.accelerators import says_accelerator


@pytest.mark.parametrize(
    "text",
    [
        "GPU SERVER",
        "4U rack AI server, 8 x GPU",
        "GRAPHICS PROCESSING UNIT",
        "Graphic Processors for data centre",
        "accelerator cards",
        "AI Chip",
        "HIGH PERFORMANCE COMPUTING SERVER",
        "HPC SYSTEM",
        "DEEP LEARNING WORKSTATION",
        "NVIDIA TESLA GPU",
        "GPU服务器",
        "AI服务器",
        "УСКОРИТЕЛЬ ВЫЧИСЛЕНИЙ",
        "PLACA ACELERADORA",
    ],
)
def test_says_accelerator(text):
    assert says_accelerator([text]).tolist() == [True]


@pytest.mark.parametrize(
    "text",
    [
        "COMPUTER PARTS",
        "SERVER",
        "GRAPHICS CARD",
        "FPGA ACCELERATOR BOARD",
        "XILINX ALVEO ACCELERATOR CARD",
        "HEAT SINK FOR GPU",
        "GPU COOLING FAN",
        "GPU POWER CABLE 8 PIN",
        "SERVER WITHOUT GPU",
        "vGPU SOFTWARE LICENSE",
        "MAIN CHIP",
        "PARTICLE ACCELERATOR UNIT",
        "GPU BRACKET",
        None,
        float("nan"),
        7,
    ],
)
def test_says_something_else(text):
    assert says_accelerator([text]).tolist() == [False]


def test_the_answers_stand_in_the_order_of_the_texts():
    assert says_accelerator(["TILES", "GPU", None, "AI SERVER"]).tolist() == [
        False, True, False, True,
    ]  # fmt: skip
    assert says_accelerator([]).tolist() == []
