/* Runs FB_Inspectd as MATIEC's iec2c has translated it to C, scan by scan, for compiled.py: parameters in the
   first line of the input, then one scan a line; the answer is what FB_Inspectd has put out, one scan a line. */
#include <stdio.h>
#include <stdlib.h>

#include "POUS.h"

TIME __CURRENT_TIME;
BOOL __DEBUG;

#include "POUS.c"

static FB_INSPECTD block;

static double number(void) {
  double read;
  if (scanf("%lf", &read) != 1) exit(0);
  return read;
}

#define EACH(array, count) for (int i = 0; i < (count); i++) (array).table[i] = number()

int main(void) {
  FB_INSPECTD_init__(&block, 0);
  ST_INSPECTDPARAMETERS *set = &block.PARAMETERS.value;
  set->MMPERCOUNT = number();
  set->NUMBEROFMIDEYES = 2;
  EACH(set->MIDEYE_MM, 2);
  set->EXITEYE_MM = number();
  set->LONGESTITEM_MM = number();
  set->BLINDFALLBACK = number();
  set->NUMBEROFDIVERTERS = 2;
  EACH(set->DIVERTERLANE, 2);
  EACH(set->COMMITPOINT_MM, 2);
  EACH(set->DIVERTER_MM, 2);
  EACH(set->FIREAHEAD_MM, 2);
  EACH(set->HOLD_MM, 2);
  set->TELLSCODES = number();
  for (long ms = 10;; ms += 10) {
    __CURRENT_TIME.tv_sec = ms / 1000;
    __CURRENT_TIME.tv_nsec = ms % 1000 * 1000000;
    block.ENTRYEYE.value = number();
    block.EXITEYE.value = number();
    EACH(block.LANEEYE.value, 8);
    EACH(block.MIDEYE.value, 4);
    block.ENCODER.value = number();
    block.BELTRUNNING.value = number();
    block.OPERATORRESET.value = number();
    block.CODEOFFERED.value = number();
    block.CODEFOR.value = number();
    EACH(block.ITEMCODE.value, 8);
    EACH(block.COMMANDREGISTERS.value, 43);
    FB_INSPECTD_body__(&block);
    for (int i = 0; i < 75; i++) printf("%u ", block.STATUSREGISTERS.value.table[i]);
    for (int i = 0; i < 99; i++) printf("%u ", block.CODEREGISTERS.value.table[i]);
    for (int i = 0; i < 8; i++) printf("%d ", block.DIVERTEROUT.value.table[i]);
    printf("%d %d %d %d ", block.STOPBELT.value, block.BRIDGELOST.value, block.INSPECTORREADY.value, block.LINEBLIND.value);
    printf("%u %u ", block.FAULTCODE.value, block.CAUSECODE.value);
    printf("%.*s ", block.PANELTEXT.value.len, block.PANELTEXT.value.body);
    printf("%u %u ", block.ITEMSTRACKED.value, block.STOPPEDFOR.value);
    printf("%u %u\n", block.ENTRYACQUISITION.value, block.CODESREFUSED.value);
  }
}
