/* Holding back the kernel's timer interrupt while instructions are counted.
 *
 * In the guest, the timer interrupts every 1 to 10 million instructions. A longer run would meet some of these
 * interrupts, each of a few thousand instructions, in places that depend on when it began. The timer of the CPU's own
 * interrupt controller counts down and interrupts at zero (Intel SDM vol. 3A, "Advanced Programmable Interrupt
 * Controller"). */
#pragma once

/* Put the next interrupt off by as much as the timer can hold: about 68 seconds of the guest's time, so that a case
 * that never ends is still noticed. Where the timer can't be reached, nothing happens. */
void timer_hold(void);

/* Let the timer interrupt at once. The kernel then sets it as it needs. */
void timer_release(void);
