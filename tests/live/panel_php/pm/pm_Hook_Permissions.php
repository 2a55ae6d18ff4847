<?php
abstract class pm_Hook_Permissions
{
    const PLACE_MAIN = 'main';
    const PLACE_ADDITIONAL = 'additional';
}
